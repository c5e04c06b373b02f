"""What an operator can put right.

A `Trouble` says in one sentence what is wrong and what to do; the command line prints that sentence and no traceback.
"""


class Trouble(Exception):
    """`exit_code` 2: wrong settings or use; 3: something outside does not serve (database, port, folder)."""

    exit_code = 3


class WronglyAsked(Trouble):
    exit_code = 2
