"""Tables as clerks keep them, text file or spreadsheet, read as rows of text. Both sides import lists through it."""
