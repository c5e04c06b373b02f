"""A full disk where uploaded files are put aside: said in words with what to do, and nothing else is held up by it."""

from __future__ import annotations

import errno
import io
from typing import Any, BinaryIO

import pytest
from fastapi.testclient import TestClient

from services.approval.http import Office, application
from tests.invented import decision
from tests.linkage import Linkage

LARGE = 3 * 1024 * 1024
"""Larger than what a form keeps in memory."""


@pytest.fixture
def bureau(linkage: Linkage) -> TestClient:
    return TestClient(
        application(Office(linkage.approval_web, linkage.web_desk, "token")), raise_server_exceptions=False
    )


def upload(bureau: TestClient, size: int) -> Any:
    return bureau.post("/api/v1/files", files={"file": ("permits.csv", b"x" * size)})


def full(*_: Any, **__: Any) -> BinaryIO:
    """A file on a disk without room: the system's own."""
    return io.BufferedRandom(io.FileIO("/dev/full", "r+"))


class Named(io.BytesIO):
    """A file whose writing fails as ``number`` says."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number, self.name = number, "copy"

    def write(self, _: Any) -> int:
        raise OSError(self.number, "no")


@pytest.mark.parametrize("size", [100, LARGE], ids=["in memory, then copied", "put aside at once"])
def test_an_upload_without_room_is_refused_in_words_and_decisions_are_taken_all_the_same(
    bureau: TestClient, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr("tempfile.TemporaryFile", full)
    monkeypatch.setattr("services.uploads.NamedTemporaryFile", lambda **_: Named(errno.ENOSPC))
    answer = upload(bureau, size)
    assert (answer.status_code, answer.json()["code"]) == (507, "no_room_for_files")
    assert answer.json()["what_to_do"]
    assert bureau.post("/api/v1/decisions", json=decision().model_dump(mode="json")).status_code == 201


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES])
def test_what_else_a_disk_may_answer_is_not_called_a_full_one(
    bureau: TestClient, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr("services.uploads.NamedTemporaryFile", lambda **_: Named(number))
    assert upload(bureau, 100).status_code == 500
