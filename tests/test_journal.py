"""Every line of a process is JSON, says where it comes from, and names nobody."""

import json
import logging
from collections.abc import Iterator

import psycopg
import pytest
import structlog

from services.journal import open_journal
from services.trouble import Trouble


@pytest.fixture(autouse=True)
def _journal_of_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def _lines(captured: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in captured.readouterr().err.splitlines()]


def test_a_line_of_ours_and_one_of_a_library_look_alike(capsys: pytest.CaptureFixture[str]) -> None:
    open_journal(process="projector")
    structlog.get_logger().info("batch_applied", records=3)
    logging.getLogger("kafka.client").warning("broker %s is away", 1)
    ours, theirs = _lines(capsys)
    assert (ours["process"], ours["event"], ours["level"], ours["records"]) == ("projector", "batch_applied", "info", 3)
    assert (theirs["process"], theirs["event"], theirs["level"]) == ("projector", "broker 1 is away", "warning")
    assert "at" in ours
    assert "at" in theirs


def test_what_lies_under_the_level_is_not_said(capsys: pytest.CaptureFixture[str]) -> None:
    open_journal("warning", process="relay")
    structlog.get_logger().info("quiet")
    assert _lines(capsys) == []


def test_a_failure_tells_kind_and_place_but_not_the_row_it_quotes(
    capsys: pytest.CaptureFixture[str], database_server: object
) -> None:
    open_journal(process="desk")
    url = database_server.database_url("postgres")  # type: ignore[attr-defined]
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TEMP TABLE holder (name text PRIMARY KEY)")
        connection.execute("INSERT INTO holder VALUES ('张三丰')")
        try:
            connection.execute("INSERT INTO holder VALUES ('张三丰')")
        except psycopg.Error:
            structlog.get_logger().exception("not_recorded")
            logging.getLogger("uvicorn.error").exception("not recorded")
    written = capsys.readouterr().err
    assert written.count("UniqueViolation") == 2
    assert written.count('"sqlstate": "23505"') == 2
    assert "test_journal.py" in written
    assert "张三丰" not in written


def test_a_trouble_keeps_its_sentence_and_its_cause(capsys: pytest.CaptureFixture[str]) -> None:
    open_journal(process="demo")
    try:
        try:
            raise ValueError("330102199001010000")
        except ValueError as cause:
            raise Trouble("port 8470 cannot be used") from cause
    except Trouble:
        structlog.get_logger().exception("stopped")
    (line,) = _lines(capsys)
    assert [(one["kind"], one.get("text")) for one in line["failed"]] == [  # type: ignore[attr-defined]
        ("Trouble", "port 8470 cannot be used"),
        ("ValueError", None),
    ]
