"""How the database of approval came to be, step by step."""
