"""The supervising departments' side: decisions become watch lists under a duty list."""
