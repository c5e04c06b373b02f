"""The pages of the supervision side. Each module answers one question a reader has; ``site`` puts them together."""
