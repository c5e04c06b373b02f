"""What a command writes to a file is written down before the file stands there, as is what leaves by page."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from services import backing_up, import_progress, proof_file_commands, receipt_commands, statistics_commands
from services.access.files_by_command import NotWrittenDown, operating_user
from services.command_line import program
from services.publication_file.reading import batch_of
from tests.clerks_rows import lines, row, write_csv
from tests.invented import MARKET_BUREAU, decision
from tests.linkage import MASTER, Linkage
from tests.signing_town import SigningTown

SERVICES = Path(__file__).parents[1] / "services"
COMMANDS = (proof_file_commands, receipt_commands, statistics_commands, import_progress)


@pytest.fixture
def asked(linkage: Linkage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    key = tmp_path / "master.key"
    key.write_text(MASTER.hex())
    monkeypatch.setenv("APPROVAL_DATABASE_URL", linkage.approval_url)
    monkeypatch.setenv("SUPERVISION_DATABASE_URL", linkage.supervision_url)
    monkeypatch.setenv("LINKAGE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LINKAGE_MASTER_KEY_FILE", str(key))
    for module in ("looking", "file_commands"):
        monkeypatch.setattr(f"services.{module}.open_journal", lambda *_, **__: None)  # it would last beyond the test
    return lambda words: CliRunner().invoke(program(list(words)), list(words))


def exported(engine: Engine) -> list[tuple[str, list[str], list[str]]]:
    with engine.begin() as connection:
        found = connection.execute(text("SELECT caller, place, objects, fields FROM audit WHERE act = 'exported'"))
        said = [tuple(one) for one in found]
    assert {caller for caller, *_ in said} <= {operating_user()}
    return sorted((place, objects, fields) for _, place, objects, fields in said)


@contextmanager
def without_a_trail(*engines: Engine) -> Iterator[None]:
    for engine in engines:
        with engine.begin() as transaction:
            transaction.execute(text("ALTER TABLE audit RENAME TO audit_away"))
    yield
    for engine in engines:
        with engine.begin() as transaction:
            transaction.execute(text("ALTER TABLE audit_away RENAME TO audit"))


def test_a_file_by_command_is_written_down_and_while_that_cannot_be_no_file_is_there(
    signing_town: SigningTown, asked: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    linkage = signing_town.linkage
    (granted,) = linkage.publish(decision())
    linkage.number_pushes()
    signing_town.minute()
    given = write_csv(tmp_path / "某甲.csv", lines([row(XK_JDRQ="2024/13/45")]))
    files = {name: tmp_path / f"{name}.out" for name in ("proof", "receipt", "figures", "refused")}
    commands: dict[str, Sequence[str]] = {
        "proof": ["proof", "export", f"{files['proof']}", "--side", "approval", "--stream", f"{granted.permit}"],
        "receipt": ["cases", "proof", MARKET_BUREAU, f"{granted.permit}", f"{files['receipt']}"],
        "figures": [
            "statistics", "pushes", "--from", "2026-11-01", "--to", "2026-11-30", "--xlsx", f"{files['figures']}",
        ],
        "refused": ["import", f"{given}", "--refused", f"{files['refused']}"],
    }  # fmt: skip

    def there() -> dict[str, bool]:
        return {name: file.exists() for name, file in files.items()}

    with without_a_trail(linkage.approval, linkage.supervision):
        answers = [asked(words).exception for words in commands.values()]
    assert [type(one) for one in answers] == [NotWrittenDown] * 4
    assert not any(there().values())

    assert [asked(words).exit_code for words in commands.values()] == [0, 0, 0, 1]
    assert all(there().values())
    assert exported(linkage.approval) == [
        ("linkage import", [f"batch={batch_of(given)}"], ["refused_rows"]),
        ("linkage proof export", [f"stream={granted.permit}"], []),
    ]
    assert exported(linkage.supervision) == [
        ("linkage cases proof", [f"permit={granted.permit}", "push=1", f"department={MARKET_BUREAU}"], []),
        ("linkage statistics pushes", ["from=2026-11-01", "to=2026-11-30"], []),
    ]

    for file in files.values():
        file.unlink()
    for module in COMMANDS:
        monkeypatch.setattr(module, "write_down", lambda *_: None)
    with without_a_trail(linkage.approval, linkage.supervision):
        for words in commands.values():
            asked(words)
    assert all(there().values()), "commands that say nothing would be seen"


class ServerThatRuns:
    """In the place of the embedded server: both databases of the test, and copies that are made at once."""

    socket_folder = Path()

    def __init__(self, linkage: Linkage) -> None:
        self.urls = {"approval": linkage.approval_url, "supervision": linkage.supervision_url}
        self.url = self.urls.__getitem__
        self.programs = self

    def own(self, folder: Path) -> None: ...

    def run(self, program: str, *arguments: str, timeout: float, secret: object) -> None:
        assert program == "pg_basebackup"
        Path(arguments[arguments.index("-D") + 1]).mkdir()


def test_a_copy_of_the_databases_is_written_down_on_both_sides_and_while_that_cannot_be_none_is_made(
    linkage: Linkage, asked: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("APPROVAL_DATABASE_URL", "SUPERVISION_DATABASE_URL"):
        monkeypatch.delenv(name)
    monkeypatch.setattr(backing_up, "attach", lambda *_, **__: nullcontext(ServerThatRuns(linkage)))
    linkage.publish(decision())
    copy = tmp_path / "某甲"
    words = ["backup", "make", str(copy)]
    for engine in (linkage.approval, linkage.supervision):
        with without_a_trail(engine):
            assert isinstance(asked(words).exception, NotWrittenDown)
    assert not copy.exists()

    assert asked(words).exit_code == 0
    assert exported(linkage.approval)[-1:] == [("linkage backup make", ["head=1"], [])]
    assert exported(linkage.supervision) == [("linkage backup make", ["head=0"], [])]

    shutil.rmtree(copy)
    monkeypatch.setattr(backing_up, "write_down", lambda *_: None)
    with without_a_trail(linkage.approval, linkage.supervision):
        assert asked(words).exit_code == 0
    assert copy.exists(), "a copy of which nothing is said would be seen"


def silent(sources: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the functions of command modules that write a file and write nothing down before."""
    for name, source in sources:
        for function in ast.walk(ast.parse(source)):
            if isinstance(function, ast.FunctionDef):
                calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
                told = min((one.lineno for one in calls if ast.unparse(one.func) == "write_down"), default=10**9)
                if any(_writes(one) and one.lineno < told for one in calls):
                    yield f"{name}:{function.name}"


def _writes(call: ast.Call) -> bool:
    name = ast.unparse(call.func).rpartition(".")[2]
    said = {one.value for one in ast.walk(call) if isinstance(one, ast.Constant)}
    return (
        name in ("write_bytes", "write_text")
        or (name == "open" and bool(said & {"w", "x", "wb", "xb"}))
        or (name == "run" and "pg_basebackup" in said and "--version" not in said)
    )


def test_no_command_writes_a_file_and_says_nothing() -> None:
    sources = [
        (one.stem, one.read_text())
        for one in (*SERVICES.glob("*_commands.py"), *SERVICES.glob("backing_up*.py"), SERVICES / "import_progress.py")
    ]
    assert list(silent(sources)) == []
    assert list(silent([("newcomer", "def give(file):\n    file.write_bytes(b'')\n    write_down(1, 'give')\n")])) == [
        "newcomer:give"
    ]
    unsaid = (SERVICES / "backing_up.py").read_text().replace("write_down(", "say(")
    assert list(silent([("backing_up", unsaid)])) == ["backing_up:copied"]
