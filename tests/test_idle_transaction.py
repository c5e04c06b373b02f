"""A transaction that somebody left open, in a tool or a frozen process, delays nobody else's decisions."""

from __future__ import annotations

import time
from uuid import uuid4

import psycopg
import pytest

from events import ledger, store
from events.database import connect, is_outage
from tests.conftest import Databases
from tests.invented import MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.tally import noted


def appends(connection: psycopg.Connection) -> None:
    store.append(connection, "approval", [noted(uuid4())])


def only_reads(connection: psycopg.Connection) -> None:
    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    connection.execute("SELECT count(*) FROM outbox")


@pytest.mark.parametrize("idle", [appends, only_reads])
def test_others_are_numbered_and_listed_while_a_transaction_stays_open(linkage: Linkage, idle: object) -> None:
    linkage.duties(duty())
    with connect(linkage.approval_url, application="test") as open_for_long:
        with open_for_long.transaction():
            assert callable(idle)
            idle(open_for_long)
            (outcome,) = linkage.publish(decision())
            assert linkage.listed(MARKET_BUREAU) == {outcome.permit: "valid"}
        late = 1 if idle is appends else 0
        assert linkage.number() == late
        assert list(ledger.verify(open_for_long, "approval")) == []
        assert ledger.head(open_for_long).position == 1 + late


BELOW_OLDEST_WRITER = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
BELOW_OLDEST_SNAPSHOT = """(SELECT min(backend_xmin::text::bigint) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid())"""


@pytest.mark.parametrize(("idle", "below"), [(appends, BELOW_OLDEST_WRITER), (only_reads, BELOW_OLDEST_SNAPSHOT)])
def test_a_reader_that_waits_for_the_oldest_transaction_is_delayed_by_it(
    databases: Databases, idle: object, below: str
) -> None:
    """The usual mend of the reader race: only what no running transaction can precede is read."""
    with connect(databases.approval_url, application="test") as other:
        other.execute("CREATE TABLE naive (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)")
        with connect(databases.approval_url, application="test") as open_for_long, open_for_long.transaction():
            assert callable(idle)
            idle(open_for_long)
            other.execute("INSERT INTO naive DEFAULT VALUES")
            visible = other.execute(f"SELECT id FROM naive WHERE xmin::text::bigint < {below}".encode()).fetchall()
        assert visible == []


def test_a_transaction_that_the_server_ended_because_it_stood_still_is_waited_out(databases: Databases) -> None:
    """As when the server itself stood still and counts that for ours. Not every error of its kind is waited out."""
    with connect(databases.approval_url, application="test") as frozen:
        frozen.execute("SET idle_in_transaction_session_timeout = '20ms'")
        frozen.execute("BEGIN")
        time.sleep(0.3)
        with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout) as ended:
            frozen.execute("SELECT 1")
    with connect(databases.approval_url, application="test") as careless:
        careless.execute("BEGIN")
        with pytest.raises(psycopg.errors.UndefinedTable):
            careless.execute("SELECT * FROM nowhere")
        with pytest.raises(psycopg.errors.InFailedSqlTransaction) as ours:
            careless.execute("SELECT 1")
    assert (is_outage(ended.value), is_outage(ours.value)) == (True, False)
