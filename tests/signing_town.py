"""Two sides that sign their ledgers and hold what the other signed; a test lets a minute pass when it likes."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from events import ledger
from events.announcing import survey
from events.database import connect
from events.envelope import GENESIS, digest_of, leaf, link
from events.log.embedded import EmbeddedLog
from events.proof.signing import Algorithm, Signer
from events.proof.tree import TreeHash
from events.store import COLUMNS, as_record
from events.supervision import DutyAssigned
from services.checkpoints.leading import Checkpointing
from services.checkpoints.ledger_tree import LedgerTree, begin_tree
from services.checkpoints.signing_keys import open_signing_key
from services.checkpoints.standing import CheckpointFault, standings
from services.proof_file.exporting import export
from tests.invented import decision, duty
from tests.linkage import Linkage

NOON = datetime(2026, 11, 28, 4, 0, 0, 654321, tzinfo=UTC)
"""Clocks go by the microsecond, checkpoints by the second."""


class Side:
    """One side with its leader of checkpoints, which a test lets take a turn when it likes."""

    def __init__(self, url: str, other_url: str, name: str, folder: Path) -> None:
        self.url, self.name, self.now = url, name, NOON
        self.log = EmbeddedLog(url, name)
        self.connection = connect(url, application="test")
        self.key = folder / f"signing-{name}.key"
        other = {"approval": "supervision", "supervision": "approval"}[name]
        self.leading = Checkpointing(
            url, name, self.open_key, lambda: EmbeddedLog(other_url, other), lambda _: self.now
        )

    def open_key(self, connection: psycopg.Connection, now: datetime) -> tuple[LedgerTree, Signer]:
        tree = begin_tree(connection, self.name, TreeHash.SHA256)
        return tree, open_signing_key(self.key, connection, tree.origin, Algorithm.ED25519, now)

    def turn(self) -> None:
        self.leading.turn(self.connection)
        self.log.announce(survey(self.connection, self.name, {}))

    def fault_of(self, source: str) -> CheckpointFault | None:
        found = standings(self.connection).get(source)
        return found.fault_at(self.now, own=source == self.name) if found else None

    def close(self) -> None:
        self.leading._close()
        self.connection.close()
        self.log.close()


class SigningTown:
    def __init__(self, linkage: Linkage, folder: Path) -> None:
        self.linkage = linkage
        self.approval = Side(linkage.approval_url, linkage.supervision_url, "approval", folder)
        self.supervision = Side(linkage.supervision_url, linkage.approval_url, "supervision", folder)
        self.sides = (self.approval, self.supervision)

    def minute(self, times: int = 1) -> None:
        """Let a minute pass; each side looks often in it."""
        for _ in range(times):
            for side in self.sides:
                side.now += timedelta(minutes=1)
            for _ in range(3):
                for side in self.sides:
                    side.turn()

    def decide(self, many: int = 1) -> None:
        self.linkage.submit(*(decision(permit_number=f"N{self.approval.now:%H%M}-{n}") for n in range(many)))
        self.linkage.number()


@contextmanager
def signing(linkage: Linkage, folder: Path, *duties: DutyAssigned) -> Iterator[SigningTown]:
    linkage.duties(*duties)
    found = SigningTown(linkage, folder)
    yield found
    for side in found.sides:
        side.close()


@pytest.fixture
def signing_town(linkage: Linkage, tmp_path: Path) -> Iterator[SigningTown]:
    with signing(linkage, tmp_path, duty()) as found:
        yield found


def exported(town: SigningTown, **chosen: Any) -> tuple[bytes, str]:
    """Return what the approval side exports, and the id of the key that signed it."""
    side = town.approval
    _, key = side.open_key(side.connection, side.now)
    return b"".join(export(side.connection, "approval", key, side.now, **chosen)), key.key.id


def rewrite(connection: psycopg.Connection, position: int, *, chain: bool = True, tree: bool = True) -> None:
    """What the owner of a database can do: change a record, and make digest, chain and tree anew to fit it."""
    connection.execute("UPDATE ledger SET data = replace(data, 'N', 'M') WHERE position = %s", (position,))
    if not chain:
        return
    previous = GENESIS
    for row in connection.execute(f"SELECT position, {COLUMNS} FROM ledger ORDER BY position").fetchall():
        record = as_record("approval", row)
        digest = digest_of(record, "approval")
        previous = link(previous, record.position, record.recorded_at, digest)
        connection.execute(
            "UPDATE ledger SET digest = %s, hash = %s WHERE position = %s", (digest, previous, record.position)
        )
    connection.execute("UPDATE ledger_head SET hash = %s", (previous,))
    if tree:
        connection.execute("DELETE FROM ledger_tree_nodes")
        connection.execute("UPDATE ledger_tree SET blocks = 0")
        LedgerTree(connection).grow(ledger.head(connection).position)


def leaves_of(connection: psycopg.Connection) -> list[bytes]:
    rows = connection.execute("SELECT position, recorded_at, digest FROM ledger ORDER BY position").fetchall()
    return [leaf(*row) for row in rows]


def blind(side: Side) -> None:
    """The leader of somebody who does not look at what the other side says it holds, and proves from there all the
    same."""

    def proves(connection: psycopg.Connection, tree: LedgerTree, other_holds: Any) -> None:
        if other_holds is not None:
            root = base64.b64encode(tree.root(other_holds.size)).decode()
            other_holds = other_holds.model_copy(update={"root": root})
        original(connection, tree, other_holds)

    original = side.leading._speak
    side.leading._speak = proves  # type: ignore[method-assign]
