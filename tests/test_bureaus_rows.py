"""The second wall on the approval side: a bureau's requests read and write that bureau's rows, whatever they ask."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError

from events.database import connect, raw
from services.access.rows import decide_on_all, deciding_on_all
from services.access.web_role import ROLE, web_url
from services.approval.importing import Manner, import_permits
from services.approval.outcome import Submission
from services.databases import open_databases
from services.log_reader import reader_url
from services.settings import read_settings
from services.web_services import Surroundings, approval_service
from tests.clerks_rows import BUREAU, lines, row, write_csv
from tests.invented import BODY, MARKET_BUREAU, decision
from tests.linkage import Linkage
from tests.red_team import Prey
from tests.two_bureaus import OTHER, asked_by, settled

OWNERS = ("body", "bodies", "bureau", "deciding_body", "department", "owner")
"""Columns that say whose a row is, on the side of the bureaus."""
PUBLIC = {
    "accounts": "asked before anybody is somebody",
    "machine_keys": "asked before anybody is somebody",
    "audit": "each act writes its own line; its administrator reads all",
    "body_keys": "public keys, by which anybody verifies what a bureau signed",
    "checkpoints": "which process reads the other side's log",
    "silences": "who is on duty for an alert",
}
"""Tables that name a body and are everybody's to read."""
TWO = (
    "published",
    "told",
    "tasks",
    "file_imports",
    "refused_rows",
    "waiting_rows",
    "batch_entries",
    "ledger",
    "answers",
)


@pytest.fixture
def prey(linkage: Linkage) -> Prey:
    assert linkage.approval_web.dialect.name == "postgresql"  # the role is made, and has its rights
    return settled(linkage)


def seen(engine: Engine, table: str, where: str = "true") -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text(f"SELECT count(*) FROM {table} WHERE {where}")) or 0)


def test_every_table_that_names_a_body_keeps_its_rows_apart(linkage: Linkage) -> None:
    named = {
        table
        for (table,) in linkage.rows(
            "SELECT table_name FROM information_schema.columns WHERE column_name = ANY(%s) AND table_schema = 'public'",
            list(OWNERS),
            side="approval",
        )
    }
    walls = linkage.rows("SELECT relname, relforcerowsecurity FROM pg_class WHERE relrowsecurity", side="approval")
    assert named - {table for table, _ in walls} == PUBLIC.keys()
    assert all(forced for _, forced in walls)


def test_without_a_setting_no_walled_table_shows_a_row(linkage: Linkage, prey: Prey) -> None:
    walls = linkage.rows("SELECT relname FROM pg_class WHERE relrowsecurity", side="approval")
    filled = {name for (name,) in walls if seen(linkage.approval, name)}
    assert filled >= set(TWO)
    assert {table: seen(linkage.approval_web, table) for table in filled} == dict.fromkeys(filled, 0)
    with asked_by(everybody=True):
        assert all(seen(linkage.approval_web, table) for table in filled)


def test_each_bureau_sees_its_own_rows_and_no_others(linkage: Linkage, prey: Prey) -> None:
    """Negative control: with the wall taken down the same question shows the other's."""
    web = linkage.approval_web
    whose = {
        "published": "body", "told": "deciding_body", "tasks": "body", "file_imports": "body", "waiting_rows": "body",
    }  # fmt: skip
    for bureau in (BODY, OTHER):
        with asked_by(bureau):
            for table, column in whose.items():
                rows = linkage.rows(f"SELECT count(*) FROM {table} WHERE {column} = %s", bureau, side="approval")
                assert (seen(web, table),) == rows[0], table
                assert seen(web, table, f"{column} <> '{bureau}'") == 0, table
    with asked_by(BODY), closing(connect(linkage.approval_url, application="test")) as owner:
        assert seen(web, "ledger", "data LIKE '%WS000%'") == seen(web, "answers") == seen(web, "refused_rows") == 0
        owner.execute("ALTER TABLE published DISABLE ROW LEVEL SECURITY")
        assert seen(web, "published", f"body = '{OTHER}'") == 3
        owner.execute("ALTER TABLE published ENABLE ROW LEVEL SECURITY")
    with asked_by(OTHER):
        assert seen(web, "ledger", "data LIKE '%WS000%'") == 3
        assert seen(web, "refused_rows") == 1
    with asked_by(BODY, OTHER):
        assert seen(web, "published") == 4


def test_a_permit_that_two_bureaus_decided_about_is_read_by_both(linkage: Linkage, prey: Prey) -> None:
    with linkage.approval.begin() as transaction:
        transaction.execute(
            text("INSERT INTO published SELECT permit, 9, :body, type, party, recorded_at FROM published"
                 " WHERE permit = :permit"),
            {"body": BODY, "permit": prey.permit},
        )  # fmt: skip
    for table, column in (("published", "permit"), ("told", "permit"), ("ledger", "stream")):
        with asked_by(BODY):
            assert seen(linkage.approval_web, table, f"{column} = '{prey.permit}'") > 0, table


def test_a_bureau_writes_no_row_for_another_not_even_while_its_decision_is_made_on_all(
    linkage: Linkage, prey: Prey
) -> None:
    web = linkage.approval_web
    publishing = text(
        "INSERT INTO published SELECT gen_random_uuid(), 1, :whose, 'permit_granted', gen_random_uuid(), now()"
    )
    with asked_by(BODY):
        with web.begin() as connection:
            assert connection.execute(publishing, {"whose": BODY}).rowcount == 1
            decide_on_all(raw(connection))
            assert connection.execute(publishing, {"whose": BODY}).rowcount == 1
        with web.begin() as connection, pytest.raises(ProgrammingError):
            connection.execute(publishing, {"whose": OTHER})
        with web.begin() as connection:
            decide_on_all(raw(connection))
            with pytest.raises(ProgrammingError):
                connection.execute(publishing, {"whose": OTHER})
        with deciding_on_all(), web.begin() as connection, pytest.raises(ProgrammingError):
            connection.execute(publishing, {"whose": OTHER})
        for table in ("tasks", "waiting_rows", "file_imports"):
            with web.begin() as connection:
                assert connection.execute(text(f"UPDATE {table} SET body = body")).rowcount == 0, table
    with asked_by(everybody=True), web.begin() as connection:
        assert connection.execute(publishing, {"whose": OTHER}).rowcount == 1


def test_the_desk_itself_publishes_for_nobody_but_whoever_asks(linkage: Linkage) -> None:
    """Negative control: the same decision while its own bureau asks."""
    grant = Submission(decision())
    assert linkage.web_desk.engine is linkage.approval_web
    for asking in (asked_by(OTHER), asked_by()):
        with asking, pytest.raises(InsufficientPrivilege, match="row-level security"):
            linkage.web_desk.handle([grant])
    assert linkage.rows("SELECT count(*) FROM streams", side="approval") == [(0,)]
    with asked_by(BODY):
        (done,) = linkage.web_desk.handle([grant])
        assert done.accepted
        again = Submission(decision(permit_number="JY2"), "test", "k1")
        assert [one.repeated for _ in range(2) for one in linkage.web_desk.handle([again])] == [False, True]


def test_a_clerks_file_records_its_own_bureaus_rows_and_gives_the_others_back(linkage: Linkage, tmp_path: Path) -> None:
    others = row(XK_XKJGDM=OTHER, XK_XKBH="WS0005", XK_WSH="海虚批〔2026〕5号")
    path = write_csv(tmp_path / "permits.csv", lines([row(), others]))
    with asked_by(BUREAU):
        summary = import_permits(linkage.web_desk, path, Manner())
    assert (summary.refused, summary.events + summary.waiting) == (1, 1)
    with asked_by(OTHER):
        assert [seen(linkage.approval_web, table) for table in ("published", "waiting_rows")] == [0, 0]
    with asked_by(BUREAU):
        assert sum(seen(linkage.approval_web, table) for table in ("published", "waiting_rows")) == 1


def test_a_pooled_connection_that_comes_back_after_an_error_shows_nothing_of_the_one_before(
    linkage: Linkage, prey: Prey
) -> None:
    engine, backends = linkage.approval_web, set()

    def backend(connection: Connection) -> None:
        backends.add(connection.scalar(text("SELECT pg_backend_pid()")))

    def fail(statement: str) -> None:
        with engine.connect() as connection:
            backend(connection)
            decide_on_all(raw(connection))
            connection.execute(text(statement))
            raise RuntimeError

    for statement in ("SELECT no_such_column FROM published", "INSERT INTO ledger DEFAULT VALUES", "SELECT 1"):
        with asked_by(OTHER), pytest.raises((ProgrammingError, RuntimeError)):
            fail(statement)
    for asking, rows in ((asked_by(), 0), (asked_by(MARKET_BUREAU), 0), (asked_by(BODY), 1), (asked_by(), 0)):
        with asking, engine.connect() as connection:
            backend(connection)
            assert connection.scalar(text("SELECT count(*) FROM published")) == rows
            assert connection.scalar(text("SELECT coalesce(current_setting('linkage.writer', true), '')")) == ""
    assert len(backends) == 1, "it was one connection all the time"


def test_the_role_of_the_web_processes_owns_nothing_and_changes_only_what_they_write(
    linkage: Linkage, prey: Prey
) -> None:
    refused = (
        "TRUNCATE published", "DROP TABLE published", "ALTER TABLE published DISABLE ROW LEVEL SECURITY",
        "CREATE TABLE mine (a int)", "UPDATE ledger SET type = ''", "DELETE FROM ledger", "DELETE FROM outbox",
        "UPDATE outbox SET type = ''", "DELETE FROM published", "UPDATE published SET body = ''",
        "UPDATE parties SET wrapped_key = NULL", "DELETE FROM parties", "UPDATE permit_numbers SET permit = permit",
        "UPDATE told SET department = ''", "DELETE FROM tasks", "UPDATE body_keys SET revoked_at = now()",
        "INSERT INTO erasures (party, reason, asked_by) VALUES (gen_random_uuid(), '', '')",
        "UPDATE ledger_head SET position = 0", "DROP POLICY scope ON published", "SET ROLE postgres",
        "SELECT count(*) FROM webhook_secrets", "DELETE FROM answers",
    )  # fmt: skip
    owned = "SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = %s)"
    assert linkage.rows(owned, ROLE, side="approval") == [(0,)]
    for statement in refused:
        with asked_by(everybody=True), linkage.approval_web.connect() as connection, pytest.raises(ProgrammingError):
            connection.execute(text(statement))


def test_who_reads_the_ledger_for_the_other_side_reads_all_of_it(linkage: Linkage, prey: Prey) -> None:
    with closing(connect(reader_url(linkage.approval_url), application="test")) as reader:
        read: Any = reader.execute("SELECT count(*) FROM ledger").fetchone()
        assert [read] == linkage.rows("SELECT count(*) FROM ledger", side="approval")
        assert read > (0,)


@pytest.mark.parametrize("given", [True, False])
def test_the_web_service_opens_the_database_by_the_address_that_it_is_given_for_it(
    linkage: Linkage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: bool
) -> None:
    """Negative control: without that address it is the owner, whom nothing keeps apart."""
    monkeypatch.setenv("LINKAGE_DATA", str(tmp_path))
    for side in ("approval", "supervision"):
        monkeypatch.setenv(f"{side.upper()}_DATABASE_URL", getattr(linkage, f"{side}_url"))
    if given:
        monkeypatch.setenv("APPROVAL_WEB_DATABASE_URL", web_url(linkage.approval_url, "approval"))
    settings = read_settings()
    with (
        open_databases(settings, frozenset({"approval"})) as databases,
        approval_service(Surroundings(settings, databases, CollectorRegistry(), Event())) as app,
    ):
        office = app.state.office  # type: ignore[attr-defined]
        with office.engine.connect() as connection:
            assert (connection.scalar(text("SELECT current_user")) == ROLE) is given
        assert office.desk.engine is office.engine
