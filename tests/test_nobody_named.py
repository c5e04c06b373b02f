"""The look through every log of a test run: what names somebody in one fails the test, and is not printed again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.nobody_named import named_in

ROOT = Path(__file__).parents[1]
PERSON = "990102" + "19900101" + "1234"
PLANTED = """
import subprocess, sys
from urllib.parse import quote

NAME, NUMBER = "欧阳" + "虚构", "990102" + "19900101" + "1234"
SAYS = [sys.executable, "-c", "import sys; sys.stderr.write('holder ' + sys.argv[1] + chr(10))"]

def test_says_it_itself():
    print("holder", NUMBER)

def test_reads_it_and_keeps_it(capsys):
    print("holder", NAME, file=sys.stderr)
    assert capsys.readouterr().err

def test_has_it_said_into_a_pipe():
    assert subprocess.run([*SAYS, NAME], capture_output=True).returncode == 0

def test_has_it_said_into_a_journal(tmp_path):
    with (tmp_path / "projector.log").open("ab") as journal:
        assert subprocess.Popen([*SAYS, NUMBER], stderr=journal).wait() == 0

def test_asks_for_it_in_an_address_and_a_header():
    import httpx2
    def answer(request):
        return httpx2.Response(200, headers={"HX-Redirect": "/said?" + quote(NAME)})
    with httpx2.Client(transport=httpx2.MockTransport(answer)) as client:
        client.get("http://127.0.0.1/parties", params={"name": NAME})

def test_writes_it_into_the_audit_trail():
    from services.access.audit import Act, Entry
    Entry(Act.EXPORTED, reason=NUMBER).digest()

def test_names_nobody():
    print("permit", "GZ-" + "1" * 18, "01890f5e-1990-7101-8000-990102199001")
"""


def test_a_person_in_any_log_fails_the_test_that_wrote_it_and_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "test_planted.py").write_text(PLANTED)
    words = ["-q", "-p", "tests.nobody_named", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), "-c", "/dev/null"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *words, str(tmp_path / "test_planted.py")],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "7 passed, 6 errors" in ran.stdout
    places = (
        "address over HTTP",
        "header of an answer",
        "audit trail",
        "Captured stdout call",
        "captured standard error",
        "standard error of a process",
        "journal projector.log",
    )
    assert [place for place in places if place not in ran.stdout] == []
    assert PERSON not in ran.stdout
    assert "欧阳" not in ran.stdout.replace('NAME, NUMBER = "欧阳"', "")


def test_numbers_that_are_no_persons_are_none() -> None:
    assert named_in(f"holder {PERSON}") == ["identity number in line 1"]
    assert named_in("a\nholder 欧阳虚构") == ["name of a person in line 2"]
    for nobody in ("20261129054025123456", "91990100MA00000017", "990102200013320000", f"x{PERSON}", "第 1 件"):
        assert named_in(nobody) == []
