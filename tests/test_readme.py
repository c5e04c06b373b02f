"""README and the tour of the linkage, run as they stand: every command, in order, against a demo of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.documents import Reader, holds, steps

ROOT = Path(__file__).parents[1]


@pytest.fixture
def reader() -> Iterator[Reader]:
    with TemporaryDirectory(prefix="linkage-reader-", ignore_cleanup_errors=True) as folder:
        (Path(folder) / ".venv").symlink_to(sys.prefix)
        reading = Reader(Path(folder))
        yield reading
        reading.leave()


@pytest.mark.timeout(420)
def test_every_command_of_the_tour_of_the_linkage_prints_what_is_shown(reader: Reader) -> None:
    reader.start_demo()
    reader.follow(steps((ROOT / "docs" / "tour-of-the-linkage.md").read_text()))


@pytest.mark.timeout(420)
def test_every_command_of_the_ten_minutes_prints_what_readme_shows(reader: Reader) -> None:
    text = (ROOT / "README.md").read_text()
    reader.follow(steps(text[text.index("## Ten minutes") :]))


def test_a_line_that_is_not_printed_is_noticed() -> None:
    assert holds("a … c\nd", "a  b c\nd")
    assert not holds("a … c\nd", "d\na b c")
    assert not holds("x", "y")
