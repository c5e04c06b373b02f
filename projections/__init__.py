"""How what is said becomes lists: one module for each question that somebody asks."""
