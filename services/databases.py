"""Where the databases are: those that the settings name, or the embedded ones, in the shape of this release."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import get_args

from sqlalchemy.exc import OperationalError

from events.database import is_full, is_outage
from services.access.web_role import as_web, give_rights, web_url
from services.log_reader import as_reader, reader_url
from services.migrating import Side, current, migrate
from services.settings import Settings
from services.trouble import Trouble

BOTH: frozenset[Side] = frozenset(get_args(Side))


class DatabaseAway(Trouble):
    """A database that the settings name cannot be reached, or refuses us."""


class DiskFull(Trouble):
    """The disk of a database has less room than its reserve, or none."""


def trouble_of(error: Exception) -> Trouble | None:
    """Return what an operator can put right about a database that failed in the middle of a command."""
    if is_full(error):
        return DiskFull(
            "the disk of the database has less room than LINKAGE_DISK_RESERVE: nothing new is taken, what was recorded "
            "stays; make room and give the command again"
        )
    if is_outage(error):
        return DatabaseAway("the database went away meanwhile: what was recorded stays; give the command again")
    return None


@dataclass(frozen=True)
class Databases:
    """SQLAlchemy URLs for each side: one of its owner, one that may only read its ledger, one of the web processes.

    A side that a process does not need and that nobody named has no URL. `standing`: the step at which each that it
    needs stands.
    """

    owner: dict[Side, str]
    ledger: dict[Side, str]
    standing: dict[Side, str]
    embedded: bool
    web: dict[Side, str] = field(default_factory=dict)

    def web_of(self, side: Side) -> str:
        """Return the address of the web processes; the owner's, where a given server has no role for them."""
        return self.web.get(side) or self.owner[side]


@contextmanager
def open_databases(settings: Settings, sides: frozenset[Side] = BOTH) -> Iterator[Databases]:
    """Serve `sides`, and with the embedded log the ledger of the other side too, until the block is left.

    Only `sides` are migrated: the other one belongs to the other service.
    """
    yield from _opened(settings, sides, making=True)


@contextmanager
def look_into_databases(settings: Settings, sides: frozenset[Side] = BOTH) -> Iterator[Databases]:
    """Serve `sides` as they stand, for those who only look: nothing is made, migrated or granted.

    A database that is not of this release is refused, with the step it stands at and what to do.
    """
    yield from _opened(settings, sides, making=False)


def _opened(settings: Settings, sides: frozenset[Side], *, making: bool) -> Iterator[Databases]:
    owner: dict[Side, str | None] = {
        "approval": settings.approval_database_url,
        "supervision": settings.supervision_database_url,
    }
    ledger: dict[Side, str | None] = {
        "approval": settings.approval_ledger_url,
        "supervision": settings.supervision_ledger_url,
    }
    web: dict[Side, str | None] = {
        "approval": settings.approval_web_database_url,
        "supervision": settings.supervision_web_database_url,
    }
    read_across = settings.log_url == "embedded:"
    missing = [side for side in BOTH if not owner[side] and (side in sides or (read_across and not ledger[side]))]
    with ExitStack() as leaving:
        if missing:
            # Here, because a site with databases of its own need not have the package.
            from services.embedded_postgres import attach

            server = leaving.enter_context(attach(settings.data, making=making, archive=settings.wal_archive))
            owner.update({side: server.url(side) for side in missing})
        urls = {side: url for side, url in owner.items() if url}
        standing = {side: _answered(migrate if making else current, urls[side], side) for side in sorted(sides)}
        for side in sides:
            if side not in missing:
                if making:
                    give_rights(urls[side], side)
                continue
            ledger[side] = ledger[side] or (reader_url(urls[side]) if making else as_reader(urls[side]))
            web[side] = web[side] or (web_url(urls[side], side) if making else as_web(urls[side]))
        ledgers = {side: url for side in BOTH if (url := ledger[side] or urls.get(side))}
        yield Databases(urls, ledgers, standing, bool(missing), {side: url for side, url in web.items() if url})


def _answered(ask: Callable[[str, Side], str], url: str, side: Side) -> str:
    try:
        return ask(url, side)
    except OperationalError as error:
        # The first line names host and port; the address itself, with its password, is not repeated.
        reason = str(error.orig).strip().splitlines()[0]
        raise DatabaseAway(f"the database of {side} ({side.upper()}_DATABASE_URL) does not answer: {reason}") from None
