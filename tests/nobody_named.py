"""No log of a test run names anybody: each test's captured output, and what its processes said, is looked through; so
are the lines of the audit trail, and of whatever is asked over HTTP the address, the answer's headers, and the metrics.

Looked for are identity numbers, and the invented names of natural persons that tests and the sample city use. What a
command answers on standard output, and a test reads from there, is no log: it is for whoever asked. What is found fails
the test in which it was said; kind and place are told, never the words.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from typing import Any, BinaryIO
from urllib.parse import unquote

import httpx
import httpx2
import pytest

from services.access.audit import Entry

TELLING = {
    "identity number": re.compile(
        r"(?<![0-9A-Za-z])[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![0-9A-Za-z])"
    ),
    "name of a person": re.compile(r"张三丰|欧阳虚构|欧阳丙丁|司徒戊己|虚构人|某[某甲乙丙丁戊]"),
}
MOST = 4_000_000
"""Bytes of one journal that are looked through after one test; more is looked through after the next."""


def named_in(text: str) -> list[str]:
    """Return what names somebody in ``text``: kind and line of each, and nothing of what stands there."""
    return [
        f"{kind} in line {text.count(chr(10), 0, found.start()) + 1}"
        for kind, pattern in TELLING.items()
        for found in pattern.finditer(text)
    ]


class Listening:
    """What is said beside pytest's own capture: read by a test from it, or by processes into pipes and files."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self._journals: dict[tuple[int, int], tuple[str, BinaryIO]] = {}

    def find(self, place: str, text: str) -> None:
        """Look through what is not kept: only what names somebody is."""
        if named_in(text):
            self.heard.append((place, text))

    def follow(self, journal: object) -> None:
        """Look through what is written to this file from now on; whatever is no named file is left alone."""
        name = getattr(journal, "name", None)
        if not isinstance(name, str) or not os.path.isfile(name):
            return
        there = os.stat(name)
        if (there.st_dev, there.st_ino) not in self._journals:
            opened = open(name, "rb")  # noqa: SIM115 - read on when the folder is gone already
            opened.seek(there.st_size)
            self._journals[there.st_dev, there.st_ino] = (os.path.basename(name), opened)

    def everything(self) -> list[tuple[str, str]]:
        """Return what was said since it was asked last, with where; journals that are gone are let go."""
        said, self.heard = self.heard, []
        for key, (name, opened) in list(self._journals.items()):
            if more := opened.read(MOST):
                said.append((f"journal {name}", more.decode(errors="replace")))
            if os.fstat(opened.fileno()).st_nlink == 0:
                opened.close()
                del self._journals[key]
        return said


def _heard_over_http(send: Any) -> Any:
    def sent(client: Any, request: Any, *words: Any, **how: Any) -> Any:
        answer = send(client, request, *words, **how)
        _listening.find("address over HTTP", unquote(str(request.url)))
        _listening.find(
            "header of an answer", "\n".join(unquote(f"{name}: {said}") for name, said in answer.headers.items())
        )
        if request.url.path == "/metrics":
            _listening.find("metrics", answer.text)
        return answer

    return sent


_listening = Listening()
_patched = pytest.MonkeyPatch()


def pytest_configure() -> None:
    begin, communicate, read = subprocess.Popen.__init__, subprocess.Popen.communicate, pytest.CaptureFixture.readouterr

    def heard_from_birth(process: subprocess.Popen[Any], *words: Any, **how: Any) -> None:
        _listening.follow(how.get("stderr"))
        begin(process, *words, **how)

    def overheard(process: subprocess.Popen[Any], *words: Any, **how: Any) -> tuple[Any, Any]:
        out, said = communicate(process, *words, **how)
        if said:
            text = said if isinstance(said, str) else said.decode(errors="replace")
            _listening.heard.append(("standard error of a process", text))
        return out, said

    def read_along(fixture: pytest.CaptureFixture[Any]) -> Any:
        captured = read(fixture)
        _listening.heard.append(("captured standard error", str(captured.err)))
        return captured

    digest = Entry.digest

    def written_down(entry: Entry) -> bytes:
        _listening.find("audit trail", repr(entry))
        return digest(entry)

    _patched.setattr(Entry, "digest", written_down)
    for client in (httpx.Client, httpx2.Client):
        _patched.setattr(client, "send", _heard_over_http(client.send))
    _patched.setattr(subprocess.Popen, "__init__", heard_from_birth)
    _patched.setattr(subprocess.Popen, "communicate", overheard)
    _patched.setattr(pytest.CaptureFixture, "readouterr", read_along)


def pytest_unconfigure() -> None:
    _patched.undo()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> Iterator[None]:
    outcome: Any = yield
    report: pytest.TestReport = outcome.get_result()
    if call.when != "teardown":
        return
    found = [
        f"{place}: {one}" for place, text in (*report.sections, *_listening.everything()) for one in named_in(text)
    ]
    if found:
        report.outcome = "failed"
        report.longrepr = "A log names somebody:\n" + "\n".join(found[:20])
        report.sections = []  # the report would print what it was about to keep out
