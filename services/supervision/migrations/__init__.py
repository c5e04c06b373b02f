"""How the database of supervision came to be, step by step."""
