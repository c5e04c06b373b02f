"""`linkage demo`: an invented city on this machine, both services and all loops in one process, decisions coming in."""

import fcntl
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from events import ledger
from events.database import connect, open_engine, raw
from events.log import LogUnavailable
from events.log.access import addresses
from events.log.opening import bootstrap, erase_log, is_embedded, open_log
from events.store import VersionConflict
from services.approval.handling import Desk
from services.approval.master_key import open_master_key
from services.assembling import assembled
from services.crew import stopped_by_signals
from services.databases import BOTH, Databases
from services.freed_memory import give_back_what_is_freed
from services.journal import open_journal
from services.parts import Part, log_of
from services.sample_city.loading import Site, Stopped, load
from services.sample_city.new_decisions import hand_in_slowly
from services.sample_city.stories.telling import Stage, tell_stories
from services.settings import Settings, read_settings
from services.supervision.expiring import Expiring
from services.terminal import terminal
from services.trouble import Trouble, WronglyAsked


def demo(
    fresh: Annotated[bool, typer.Option("--fresh", help="Throw away what the demo holds and begin anew.")] = False,
    approval_port: Annotated[int | None, typer.Option(help="Port of the approval side [8470].")] = None,
    supervision_port: Annotated[int | None, typer.Option(help="Port of the supervision side [8471].")] = None,
    every: Annotated[float, typer.Option(help="Seconds between two new decisions; 0 for none.", min=0)] = 2.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the addresses as JSON when all is ready.")] = False,
) -> None:
    """Ready when it prints the addresses. Ctrl-C stops it; started again it goes on where it was."""
    # Its roles are stepped into with one click, also where the surroundings name another entrance.
    settings = read_settings(approval_port=approval_port, supervision_port=supervision_port, entrance="open")
    if settings.mode == "production":
        raise WronglyAsked("LINKAGE_MODE is production, and the demo lets everybody in: unset it for a demo")
    console = terminal(stderr=as_json)
    give_back_what_is_freed()
    stop = threading.Event()
    with stopped_by_signals(stop), ExitStack() as leaving:
        leaving.enter_context(_alone(settings))
        journal = leaving.enter_context((settings.data / "demo.log").open("w", encoding="utf-8"))
        open_journal(settings.log_level, process="demo", to=journal)
        _refuse_kafka_that_does_not_suit(settings)
        prepare = _erasing(settings) if fresh else _nothing
        crew, databases = leaving.enter_context(assembled(settings, Part.ALL, stop, prepare=prepare))
        _refuse_foreign_log(settings, databases)
        leaving.enter_context(crew.at_work())
        try:
            loaded = _load(settings, databases, console, stop)
            _tell(settings, databases, console, stop)
            _show(settings, console, loaded, as_json)
            if every:
                hand_in_slowly(*_addresses(settings), every, stop)
            crew.wait()
        except Stopped:
            if not crew.failed:
                console.print("Stopped while loading. The next start goes on with it.")
    if crew.failed:
        raise Trouble(f"a part of the demo failed: {settings.data / 'demo.log'} says which and where")


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One demo at a time on a data folder: two would answer for one another's pages."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        lock = (settings.data / "demo.lock").open("w")
    except OSError as error:
        raise Trouble(
            f"the data folder {settings.data.absolute()} cannot be written ({error.strerror}): "
            "set LINKAGE_DATA to a folder of yours"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Trouble(
                f"a demo is running on {settings.data.absolute()}: stop it (Ctrl-C), "
                "or set LINKAGE_DATA to another folder"
            ) from None
        yield


def _refuse_kafka_that_does_not_suit(settings: Settings) -> None:
    """An invented city must not get into the topics of a real one, nor `--fresh` take those away."""
    if is_embedded(settings.log):
        return
    hosts = {one.rsplit(":", 1)[0] for one in addresses(bootstrap(settings.log))}
    if not hosts <= {"127.0.0.1", "localhost"}:
        raise WronglyAsked(
            "the demo uses a Kafka on this machine only (`linkage kafka start` makes one): "
            "set LOG_URL=kafka://127.0.0.1:PORT"
        )
    try:
        with closing(open_log(settings.log, "approval", "")) as log:
            log.identity()
    except LogUnavailable as error:
        raise Trouble(f"{error}: start it (`linkage kafka start`), or unset LOG_URL for the embedded log") from error


def _refuse_foreign_log(settings: Settings, databases: Databases) -> None:
    """Topics that outlived their databases are full of permits that these do not know, and would fill the lists."""
    if is_embedded(settings.log):
        return
    with (
        connect(databases.owner["approval"], application="demo") as connection,
        closing(log_of("approval", settings, databases)()) as log,
    ):
        if ledger.head(connection).position == 0 and log.head() != log.beginning():
            raise Trouble(
                f"the topics on {settings.log_url} hold the events of other databases than those of "
                f"{settings.data.absolute()}: `linkage demo --fresh` takes them away and begins anew"
            )


def _nothing() -> None:
    pass


def _erasing(settings: Settings) -> Callable[[], None]:
    if settings.own_databases:
        raise WronglyAsked(
            "--fresh erases the demo's own databases only, and APPROVAL_DATABASE_URL or SUPERVISION_DATABASE_URL names "
            "others: empty those yourself, or unset them"
        )

    def erase_all() -> None:
        from services.embedded_postgres import erase

        erase(settings.data)
        erase_log(settings.log, sorted(BOTH))
        shutil.rmtree(_folder(settings), ignore_errors=True)
        if settings.master_key_file is None:
            settings.key_file.unlink(missing_ok=True)

    return erase_all


def _folder(settings: Settings) -> Path:
    return settings.data / "demo"


def _load(settings: Settings, databases: Databases, console: Console, stop: threading.Event) -> bool:
    approval = open_engine(databases.owner["approval"], application="demo-loading")
    supervision = open_engine(databases.owner["supervision"], application="demo-loading")
    folder = _folder(settings)
    folder.mkdir(exist_ok=True)
    try:
        with approval.connect() as connection:
            desk = Desk(approval, open_master_key(settings.key_file, raw(connection)))
        with _bars(console) as show:
            return load(Site(folder, desk, supervision, log_of("approval", settings, databases), stop, show))
    finally:
        approval.dispose()
        supervision.dispose()


def _tell(settings: Settings, databases: Databases, console: Console, stop: threading.Event) -> None:
    def end_what_is_over() -> None:
        # Beside the scheduler, which may be saying the same just now.
        with connect(databases.owner["supervision"], application="demo") as connection, suppress(VersionConflict):
            Expiring().end(connection, datetime.now(UTC))

    approval, supervision = _addresses(settings)
    with _bars(console) as show:
        tell_stories(Stage(_folder(settings), approval, supervision, stop, end_what_is_over, show))


def _addresses(settings: Settings) -> tuple[str, str]:
    """Where both services answer: approval's and supervision's."""
    return settings.address(settings.approval_port), settings.address(settings.supervision_port)


@contextmanager
def _bars(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        bars: dict[str, TaskID] = {}

        def show(step: str, done: int, of: int) -> None:
            if step not in bars:
                bars[step] = progress.add_task(step)
            progress.update(bars[step], completed=done, total=of)

        yield show


def _show(settings: Settings, console: Console, loaded: bool, as_json: bool) -> None:
    approval, supervision = _addresses(settings)
    if as_json:
        typer.echo(json.dumps({"approval": approval, "supervision": supervision}))
        return
    if not loaded:
        console.print("The city is there already; the demo goes on where it was (--fresh begins anew).")
    console.print()
    console.print(f"  watch lists of the departments     {supervision}/")
    console.print(f"  decisions are handed in at         {approval}/")
    refused = _folder(settings) / "refused-permits.xlsx"
    console.print(f"  rows of the file that were refused {refused}", soft_wrap=True)
    console.print()
    console.print("This is a demo, without a log-in: each page lets anybody step into any role with one click.")
    console.print("Ctrl-C stops it.")
