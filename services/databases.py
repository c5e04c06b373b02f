"""Where the databases are: those that the settings name, or the embedded ones, brought to the shape of this release."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import get_args

from sqlalchemy.exc import OperationalError

from services.log_reader import reader_url
from services.migrating import Side, migrate
from services.settings import Settings
from services.trouble import Trouble

BOTH: frozenset[Side] = frozenset(get_args(Side))


class DatabaseAway(Trouble):
    """A database that the settings name cannot be reached, or refuses us."""


@dataclass(frozen=True)
class Databases:
    """SQLAlchemy URLs for each side: one of its owner, one that may only read its ledger.

    A side that a process does not need and that nobody named has no URL. `standing`: the step of each that was
    migrated.
    """

    owner: dict[Side, str]
    ledger: dict[Side, str]
    standing: dict[Side, str]
    embedded: bool


@contextmanager
def open_databases(settings: Settings, sides: frozenset[Side] = BOTH) -> Iterator[Databases]:
    """Serve `sides`, and with the embedded log the ledger of the other side too, until the block is left.

    Only `sides` are migrated: the other one belongs to the other service.
    """
    owner: dict[Side, str | None] = {
        "approval": settings.approval_database_url,
        "supervision": settings.supervision_database_url,
    }
    ledger: dict[Side, str | None] = {
        "approval": settings.approval_ledger_url,
        "supervision": settings.supervision_ledger_url,
    }
    read_across = settings.log_url == "embedded:"
    missing = [side for side in BOTH if not owner[side] and (side in sides or (read_across and not ledger[side]))]
    with ExitStack() as leaving:
        if missing:
            # Here, because a site with databases of its own need not have the package.
            from services.embedded_postgres import attach

            server = leaving.enter_context(attach(settings.data))
            owner.update({side: server.url(side) for side in missing})
        urls = {side: url for side, url in owner.items() if url}
        standing = {side: _migrated(urls[side], side) for side in sorted(sides)}
        for side in missing:
            if side in sides and not ledger[side]:
                ledger[side] = reader_url(urls[side])
        ledgers = {side: url for side in BOTH if (url := ledger[side] or urls.get(side))}
        yield Databases(urls, ledgers, standing, bool(missing))


def _migrated(url: str, side: Side) -> str:
    try:
        return migrate(url, side)
    except OperationalError as error:
        # The first line names host and port; the address itself, with its password, is not repeated.
        reason = str(error.orig).strip().splitlines()[0]
        raise DatabaseAway(f"the database of {side} ({side.upper()}_DATABASE_URL) does not answer: {reason}") from None
