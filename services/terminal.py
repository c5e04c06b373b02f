"""Where commands print for people."""

from __future__ import annotations

from rich.console import Console


def terminal(*, stderr: bool = False, soft_wrap: bool = False) -> Console:
    """A console that prints texts as they are. Rich would take ``[otel]`` in the meaning of a setting for a style and
    leave it out, so that the command to copy is a wrong one, ``:key:`` for a picture, and ``[/]`` in the name of a
    party for a fault of the program."""
    return Console(stderr=stderr, soft_wrap=soft_wrap, markup=False, emoji=False)
