"""The pages of the approval side. Each module answers one question a reader has; ``site`` puts them together."""
