"""The second wall: whatever a web process asks the database, it gets the rows of whoever it asks for, no other's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError

from events.database import connect, raw
from projections import rebuild
from services.access.callers import EVERYBODY, NOBODY, Scope, scope_now
from services.access.rows import all_rows, decide_on_all, seeing_everybodys, setting_of
from services.access.web_role import ROLE, give_rights, web_url
from services.log_reader import reader_url
from services.migrating import Side
from services.supervision.oversight_commands import Sign
from services.webhooks import endpoints
from tests.invented import HEALTH_BUREAU, MARKET_BUREAU, clinic, decision, duty
from tests.linkage import Linkage
from tests.penalties import impose

FIRE = "11990100MB0000103C"
OWNERS = ("department", "departments", "lead", "co_departments", "bodies")
"""Columns that say whose a row is, on the side of the supervising departments."""
PUBLIC = {
    "departments": "the register of departments",
    "reroutes": "which duty moves to whom: the duty list is public inside",
    "lag_incidents": "how many departments and permits an incident touched",
}
"""Tables that name a department and are every department's to read."""


@contextmanager
def asked_by(scope: Scope) -> Iterator[None]:
    before = scope_now.set(scope)
    try:
        yield
    finally:
        scope_now.reset(before)


def of(*bodies: str) -> Scope:
    return Scope(frozenset(bodies))


def seen(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


@pytest.fixture
def town(linkage: Linkage) -> Linkage:
    """A permit of the market bureau and the health bureau together, one of the health bureau alone; what they did."""
    assert linkage.supervision_web.dialect.name == "postgresql"  # the role is made, and has its rights
    linkage.duties(duty(), duty(matter_code="000131004000", lead=HEALTH_BUREAU, co_departments=()))
    of_clinic = decision(matter_code="000131004000", permit_number="WS0001", party=clinic())
    shared, alone = linkage.publish(decision(), of_clinic)
    linkage.oversee(shared.permit, Sign(officer="0102"), MARKET_BUREAU)
    linkage.oversee(alone.permit, Sign(officer="0201"), HEALTH_BUREAU, key="k1")
    impose(linkage, department=HEALTH_BUREAU, document_number="海卫罚〔2026〕1号", party=clinic(), certificates="")
    linkage.number_pushes()
    return linkage


def walled(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT relname FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace")
        )
        return {name for (name,) in rows}


def test_every_table_that_names_a_department_keeps_its_rows_apart(linkage: Linkage) -> None:
    with linkage.supervision.connect() as connection:
        named = {
            name
            for (name,) in connection.execute(
                text("SELECT table_name FROM information_schema.columns WHERE column_name = ANY(:names)"
                     " AND table_schema = 'public'"),
                {"names": list(OWNERS)},
            )
        }  # fmt: skip
        forced = set(
            connection.scalars(
                text("SELECT relname FROM pg_class WHERE relforcerowsecurity AND relnamespace = 'public'::regnamespace")
            )
        )
    walls = walled(linkage.supervision)
    assert named - walls == PUBLIC.keys()
    assert forced == walls


def test_without_a_setting_no_walled_table_shows_a_row(town: Linkage) -> None:
    tables = walled(town.supervision)
    with closing(connect(town.supervision_url, application="test")) as owner:
        filled = {
            table
            for table in tables
            if owner.execute(f"SELECT EXISTS (SELECT FROM {table})".encode()).fetchone() == (True,)
        }
    assert filled >= {"watch_list", "cases", "placements", "penalties", "ledger", "answers", "push_numbers"}
    assert {table: seen(town.supervision_web, table) for table in filled} == dict.fromkeys(filled, 0)
    with asked_by(EVERYBODY):
        assert all(seen(town.supervision_web, table) for table in filled)


def test_a_connection_that_never_says_whose_it_is_sees_nothing_of_anybody(town: Linkage) -> None:
    plain = web_url(town.supervision_url, "supervision").replace("+psycopg", "")
    with psycopg.connect(plain) as bare:
        assert bare.execute("SELECT count(*) FROM watch_list").fetchone() == (0,)
        bare.execute("SET linkage.scope = ''")
        assert bare.execute("SELECT count(*) FROM watch_list").fetchone() == (0,)


def test_each_department_sees_its_own_rows_and_what_is_said_of_a_permit_it_shares(town: Linkage) -> None:
    def permits(table: str, scope: Scope) -> set[tuple[str, str]]:
        with asked_by(scope), town.supervision_web.connect() as connection:
            rows = connection.execute(text(f"SELECT permit_number, w.department FROM {table} JOIN watch_list w"
                                           " USING (permit, department)"))  # fmt: skip
            return {(row[0], row[1]) for row in rows}

    shared = {("JY29901020000001", MARKET_BUREAU), ("JY29901020000001", HEALTH_BUREAU)}
    alone = {("WS0001", HEALTH_BUREAU)}
    for table in ("cases", "watch_list"):
        joined = (
            "cases"
            if table == "cases"
            else "placements JOIN (SELECT permit, department FROM watch_list) o USING (permit)"
        )
        assert permits(joined, of(MARKET_BUREAU)) == shared
        assert permits(joined, of(HEALTH_BUREAU)) == shared | alone
        assert permits(joined, of(FIRE)) == set()
        assert permits(joined, of(FIRE, HEALTH_BUREAU)) == shared | alone
    for scope, penalties in ((of(MARKET_BUREAU), 0), (of(HEALTH_BUREAU), 1)):
        with asked_by(scope):
            assert seen(town.supervision_web, "penalties") == penalties


def test_records_are_read_by_those_whom_they_are_about(town: Linkage) -> None:
    def kinds(scope: Scope) -> set[str]:
        with asked_by(scope), town.supervision_web.connect() as connection:
            return set(connection.scalars(text("SELECT type FROM ledger")))

    def numbers(scope: Scope) -> str:
        with asked_by(scope), town.supervision_web.connect() as connection:
            return "".join(connection.scalars(text("SELECT data FROM ledger UNION ALL SELECT data FROM outbox")))

    assert kinds(of(FIRE)) == {"duty_assigned"}
    assert "penalty_imposed" not in kinds(of(MARKET_BUREAU))
    assert {"penalty_imposed", "push_made", "push_signed"} <= kinds(of(HEALTH_BUREAU))
    assert "WS0001" not in numbers(of(MARKET_BUREAU))
    assert "WS0001" in numbers(of(HEALTH_BUREAU))


def test_a_penalty_on_a_party_that_one_watches_is_read_whoever_imposed_it_and_written_by_who_did(town: Linkage) -> None:
    """Negative control: a department that no permit of the party concerns reads nothing of it."""
    penalty = impose(town, department=FIRE, document_number="海消罚〔2026〕1号")

    def read(scope: Scope) -> list[int]:
        counted = (
            "penalties WHERE penalty = :p",
            "penalty_permits WHERE penalty = :p",
            "(SELECT stream FROM ledger UNION ALL SELECT stream FROM outbox) AS said WHERE stream = :p",
        )
        with asked_by(scope), town.supervision_web.connect() as connection:
            return [connection.scalar(text(f"SELECT count(*) FROM {one}"), {"p": penalty}) or 0 for one in counted]

    def changed(scope: Scope) -> int:
        statement = text("UPDATE penalties SET status = status WHERE penalty = :p")
        with asked_by(scope), town.supervision_web.begin() as connection:
            return connection.execute(statement, {"p": penalty}).rowcount

    assert read(of(FIRE)) == read(of(MARKET_BUREAU)) == read(of(HEALTH_BUREAU)) == [1, 1, 2]
    assert [changed(of(one)) for one in (FIRE, MARKET_BUREAU, HEALTH_BUREAU)] == [1, 0, 0]
    elsewhere = of("11990100MB0000104E")
    assert read(elsewhere) == read(NOBODY) == [0, 0, 0]
    with closing(connect(town.supervision_url, application="test")) as owner:
        owner.execute("UPDATE watch_list SET party = gen_random_uuid() WHERE department = %s", (MARKET_BUREAU,))
        assert read(of(MARKET_BUREAU)) == [0, 0, 0]
        pinned = owner.execute("SELECT prosecdef, proconfig FROM pg_proc WHERE oid = 'linkage_watches'::regproc")
        assert pinned.fetchone() == (True, ["search_path=public, pg_temp"])


def test_penalties_on_a_party_are_found_by_index_and_its_watchers_asked_only_of_those_of_others(town: Linkage) -> None:
    impose(town, department=FIRE, document_number="海消罚〔2026〕1号")
    (party,) = town.rows("SELECT party FROM penalties WHERE department = %s", FIRE)[0]
    with asked_by(of(MARKET_BUREAU)), town.supervision_web.connect() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        found = connection.scalars(text("EXPLAIN SELECT * FROM penalties WHERE party = :party"), {"party": party})
        plan = "\n".join(found)
    assert "penalties_by_party" in plan, plan
    assert plan.index("department = ANY") < plan.index("linkage_watches"), plan


@pytest.mark.parametrize("side", ["approval", "supervision"])
def test_secrets_of_webhooks_are_read_by_no_web_process_and_the_rest_by_their_body(
    linkage: Linkage, side: Side
) -> None:
    """Negative control: the same question while the role may read the table; its rights are put right again."""
    url, engine = getattr(linkage, f"{side}_url"), getattr(linkage, f"{side}_web")
    secrets = text("SELECT count(*) FROM webhook_secrets")

    def refused() -> bool:
        try:
            with asked_by(EVERYBODY), engine.connect() as connection:
                return connection.scalar(secrets) is None
        except ProgrammingError:
            return True

    with closing(connect(url, application="test")) as owner:
        endpoints.register(owner, bytes(32), MARKET_BUREAU, "https://a.example/", ["*"], "v1", "it", datetime.now(UTC))
        assert refused()
        owner.execute(f"GRANT SELECT ON webhook_secrets TO {ROLE}".encode())
        assert not refused()
        give_rights(url, side)
        assert refused()
    for scope, rows in ((NOBODY, 0), (of(FIRE), 0), (of(MARKET_BUREAU), 1), (EVERYBODY, 1)):
        with asked_by(scope):
            assert seen(engine, "webhook_endpoints") == rows


@pytest.mark.parametrize("side", ["approval", "supervision"])
def test_functions_of_the_owner_find_their_tables_by_a_path_that_no_caller_sets(linkage: Linkage, side: Side) -> None:
    """Negative control: one without such a path is found."""
    unpinned = (
        "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
        " AND NOT 'search_path=public, pg_temp' = ANY(coalesce(proconfig, '{}'))"
    )
    assert linkage.rows(unpinned, side=side) == []
    with closing(connect(getattr(linkage, f"{side}_url"), application="test")) as owner:
        owner.execute("ALTER FUNCTION linkage_concerned RESET search_path")
    assert linkage.rows(unpinned, side=side) == [("linkage_concerned",)]


def test_who_reads_the_ledger_for_the_other_side_reads_all_of_it_and_nothing_else(town: Linkage) -> None:
    """A policy that asks another table would stop it: its role may read the ledger alone."""
    with closing(connect(reader_url(town.supervision_url), application="test")) as reader:
        read = reader.execute("SELECT count(*) FROM ledger").fetchone()
        assert read == town.rows("SELECT count(*) FROM ledger")[0]
        assert read != (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("SELECT count(*) FROM penalties")


def test_the_owner_sees_everything_so_that_these_tests_would_notice_a_wall_that_fell(town: Linkage) -> None:
    """Negative control: the same questions by the owner, and by the web role with one wall taken down."""
    assert seen(town.supervision, "watch_list") == 3
    with asked_by(of(FIRE)):
        assert seen(town.supervision_web, "watch_list") == 0
        with closing(connect(town.supervision_url, application="test")) as owner:
            owner.execute("ALTER TABLE watch_list DISABLE ROW LEVEL SECURITY")
            assert seen(town.supervision_web, "watch_list") == 3
            owner.execute("ALTER TABLE watch_list ENABLE ROW LEVEL SECURITY")
        assert seen(town.supervision_web, "watch_list") == 0


def test_a_pooled_connection_that_comes_back_after_an_error_carries_nobodys_scope(town: Linkage) -> None:
    engine = town.supervision_web
    backends = set()

    def backend(connection: Any) -> int:
        return int(connection.scalar(text("SELECT pg_backend_pid()")))

    def fail(connection: Connection, statement: str) -> None:
        backends.add(backend(connection))
        decide_on_all(raw(connection))
        connection.execute(text(statement))
        raise RuntimeError

    for statement, error in (("SELECT no_such_column FROM watch_list", ProgrammingError), ("SELECT 1", RuntimeError)):
        with asked_by(of(HEALTH_BUREAU)), engine.connect() as connection, pytest.raises(error):
            fail(connection, statement)
    for scope, rows in ((NOBODY, 0), (of(FIRE), 0), (of(MARKET_BUREAU), 2), (NOBODY, 0)):
        with asked_by(scope), engine.connect() as connection:
            backends.add(backend(connection))
            assert connection.scalar(text("SELECT count(*) FROM watch_list")) == rows
    assert len(backends) == 1, "it was one connection all the time"


def test_every_transaction_of_a_connection_is_somebodys_however_it_begins(town: Linkage) -> None:
    count = "SELECT count(*) FROM watch_list"
    with asked_by(of(MARKET_BUREAU)), town.supervision_web.connect() as opened:
        connection = raw(opened)
        assert connection.execute(count).fetchone() == (2,)
        connection.rollback()
        with connection.transaction():
            assert connection.execute(count).fetchone() == (2,)
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            assert connection.execute(count).fetchone() == (2,)
        with connection.cursor(name="ahead") as ahead:
            ahead.execute(count)
            assert ahead.fetchone() == (2,)
        with all_rows(connection):
            assert connection.execute(count).fetchone() == (3,)
        assert connection.execute(count).fetchone() == (2,)
        connection.rollback()
    with seeing_everybodys("a test"):
        assert seen(town.supervision_web, "watch_list") == 3
    assert seen(town.supervision_web, "watch_list") == 0


def test_the_role_of_the_web_processes_owns_nothing_and_changes_only_what_they_write(town: Linkage) -> None:
    with closing(connect(town.supervision_url, application="test")) as owner:
        rights = owner.execute(
            """SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,
                   EXISTS (SELECT FROM pg_class WHERE relowner = r.oid) FROM pg_roles r WHERE rolname = %s""",
            (ROLE,),
        ).fetchone()
    assert seen(town.supervision_web, "departments") == 2  # the role is there
    assert rights == (False,) * 6
    refused = (
        "TRUNCATE watch_list", "DROP TABLE watch_list", "ALTER TABLE watch_list DISABLE ROW LEVEL SECURITY",
        "CREATE TABLE mine (a int)", "UPDATE ledger SET type = ''", "DELETE FROM ledger", "DELETE FROM outbox",
        "UPDATE outbox SET type = ''", "DELETE FROM cases", "UPDATE checkpoints SET ledger_position = 0",
        "UPDATE ledger_head SET position = 0", "DROP POLICY scope ON watch_list", "SET ROLE postgres",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "DELETE FROM answers",
    )  # fmt: skip
    for statement in refused:
        with asked_by(EVERYBODY), town.supervision_web.connect() as connection, pytest.raises(ProgrammingError):
            connection.execute(text(statement))


def test_a_department_writes_no_row_for_another(town: Linkage) -> None:
    statement = text(
        "INSERT INTO cases SELECT (jsonb_populate_record(c, jsonb_build_object('department', cast(:to AS text),"
        " 'permit', gen_random_uuid()))).* FROM cases c WHERE department = :own LIMIT 1"
    )
    engine = town.supervision_web
    with asked_by(of(HEALTH_BUREAU)), engine.begin() as connection:
        assert connection.execute(statement, {"own": HEALTH_BUREAU, "to": HEALTH_BUREAU}).rowcount == 1
    with asked_by(of(HEALTH_BUREAU)), engine.begin() as connection, pytest.raises(ProgrammingError):
        connection.execute(statement, {"own": HEALTH_BUREAU, "to": FIRE})
    with asked_by(of(MARKET_BUREAU)), engine.begin() as connection:
        moved = connection.execute(
            text("UPDATE penalties SET status = status WHERE department = :d"), {"d": HEALTH_BUREAU}
        )
        assert moved.rowcount == 0


def test_a_list_made_anew_keeps_the_same_rows_apart_and_one_that_does_not_is_not_switched_in(town: Linkage) -> None:
    with closing(connect(town.supervision_url, application="test")) as owner:
        head = 0
        rebuild.create_other(owner)
        rebuild.fill_next(owner, None)
        while rebuild.index_next(owner):
            pass
        head = rebuild.level_next(owner, head)
        with owner.transaction():
            head = rebuild.exchange(owner, head)
        with asked_by(of(MARKET_BUREAU)):
            assert seen(town.supervision_web, "watch_list") == seen(town.supervision_web, rebuild.OTHER) == 2
        assert seen(town.supervision_web, "watch_list") == 0
        for weaker in (
            "ALTER TABLE watch_list_other DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE watch_list_other NO FORCE ROW LEVEL SECURITY",
            "CREATE POLICY open ON watch_list_other USING (true)",
            "DROP POLICY scope ON watch_list_other",
            f"GRANT TRUNCATE ON watch_list_other TO {ROLE}",
            f"REVOKE SELECT ON watch_list_other FROM {ROLE}",
        ):
            with owner.transaction(force_rollback=True):
                owner.execute(weaker.encode())
                with pytest.raises(LookupError):
                    rebuild.exchange(owner, head)
        with owner.transaction():
            rebuild.exchange(owner, head)


def test_a_filter_by_street_still_goes_by_the_index(town: Linkage) -> None:
    """Negative control: while ``left`` is not known to leak nothing, the condition is looked at row by row."""
    question = (
        "EXPLAIN SELECT permit FROM watch_list WHERE department = :own AND status = 'valid'"
        " AND left(region_code, 9) >= '990102'"
    )

    def plan() -> str:
        with asked_by(of(MARKET_BUREAU)), town.supervision_web.connect() as connection:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            connection.execute(text("SET LOCAL enable_bitmapscan = off"))
            return "\n".join(connection.scalars(text(question), {"own": MARKET_BUREAU}))

    def by_index() -> bool:
        return any("Index Cond" in line and "left" in line for line in plan().splitlines())

    assert by_index()
    with closing(connect(town.supervision_url, application="test")) as owner:
        owner.execute("ALTER FUNCTION pg_catalog.left(text, integer) NOT LEAKPROOF")
    assert not by_index()


codes = st.sets(st.sampled_from((MARKET_BUREAU, HEALTH_BUREAU, FIRE, "11990100MB0000104E")), max_size=4)


@settings(deadline=None)
@given(codes, st.booleans(), codes)
def test_a_scope_says_to_the_database_exactly_what_it_covers(
    bodies: set[str], everybody: bool, asked: set[str]
) -> None:
    scope = Scope(frozenset(bodies), everybody)
    said = setting_of(scope)
    listed = set(said.split(",")) if said else set()
    for body in asked:
        assert scope.covers(body) == (said == "*" or body in listed)
    assert setting_of(Scope(frozenset(sorted(bodies, reverse=True)), everybody)) == said


def test_no_list_of_departments_shows_more_than_each_of_them_alone(town: Linkage) -> None:
    @settings(deadline=None, max_examples=16)
    @given(codes)
    def shows(bodies: set[str]) -> None:
        def rows(scope: Scope) -> set[Any]:
            with asked_by(scope), town.supervision_web.connect() as connection:
                return {tuple(row) for row in connection.execute(text("SELECT permit, department FROM watch_list"))}

        assert rows(of(*bodies)) == set().union(*(rows(of(one)) for one in bodies))

    shows()
