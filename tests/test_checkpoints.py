"""Each side signs its ledger and holds what the other signed: a ledger rewritten over there, tree and all, shows."""

from __future__ import annotations

import base64
import importlib.util
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import psycopg
import pytest

from events import ledger
from events.announcing import survey
from events.database import connect
from events.envelope import GENESIS, digest_of, leaf, link
from events.log.embedded import EmbeddedLog
from events.proof.checkpoint import check_note, read_note
from events.proof.signing import Algorithm, KeyRing, Signer, new_secret, signer
from events.proof.spoken import of_base64
from events.proof.tree import Tree, TreeHash, consistent, included, leaf_hash
from events.store import COLUMNS, as_record
from services.checkpoints.heard import newest_held, trust, trusted_keys
from services.checkpoints.leading import Checkpointing
from services.checkpoints.ledger_tree import BLOCK, LedgerTree, TreeBroken, begin_tree
from services.checkpoints.own import first_covering, newest_signed, sign_if_due
from services.checkpoints.signing_keys import SigningKeyWrong, open_signing_key, replace_signing_key, signing_keys
from services.checkpoints.standing import TOO_OLD, CheckpointFault, standings
from services.ledger_walks import walk
from services.pages.checkpoint_words import checkpoints_told
from services.proof_file.exporting import NothingSigned, export
from services.proof_file.reading import NotProven, check_file
from services.trouble import WronglyAsked
from tests.invented import decision, duty
from tests.linkage import Linkage
from tests.test_checking import clerk
from tests.test_proof_file import SCRIPT

NOON = datetime(2026, 11, 28, 4, 0, 0, 654321, tzinfo=UTC)
"""Clocks go by the microsecond, checkpoints by the second."""


@cache
def script() -> ModuleType:
    """The verifier that stands alone."""
    spec = importlib.util.spec_from_file_location("verify_linkage", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


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


class Town:
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


@pytest.fixture
def town(linkage: Linkage, tmp_path: Path) -> Iterator[Town]:
    linkage.duties(duty())
    found = Town(linkage, tmp_path)
    yield found
    for side in found.sides:
        side.close()


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


def long_ledger(connection: psycopg.Connection, many: int) -> None:
    """A ledger of invented rows, without deciding anything."""
    connection.execute(
        """INSERT INTO ledger (position, partition, lane, stream, version, type, schema, occurred_at, recorded_at, data,
               digest, hash)
           SELECT n, 0, 0, gen_random_uuid(), 1, 'invented', 1, now(), now(), '{}', sha256(int8send(n)), '\\x00'
           FROM generate_series((SELECT position + 1 FROM ledger_head), %s) n""",
        (many,),
    )
    connection.execute("UPDATE ledger_head SET position = %s", (many,))


def test_the_stored_tree_is_the_tree_of_all_records_at_every_size_and_few_nodes_are_stored(town: Town) -> None:
    connection = town.approval.connection
    begin_tree(connection, "approval", TreeHash.SHA256)
    for size in (1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7, 8 * BLOCK):
        long_ledger(connection, size)
        LedgerTree(connection).grow(size)
        whole = Tree.over(leaves_of(connection))
        tree = LedgerTree(connection)
        assert tree.root(size) == whole.root
        for position in {1, size // 2 + 1, size}:
            proof = tree.inclusion(position, size)
            assert included(leaf_hash(leaves_of(connection)[position - 1]), position - 1, size, proof, whole.root)
        for earlier in {1, size // 3 + 1, size}:
            assert tree.consistency(earlier, size) == whole.consistency(earlier)
    (stored,) = connection.execute("SELECT count(*) FROM ledger_tree_nodes").fetchone() or (0,)
    assert stored == 15, "eight blocks and what is above them"


def test_of_a_ledger_with_a_hole_nothing_is_signed_and_it_is_said(town: Town) -> None:
    connection = town.approval.connection
    begin_tree(connection, "approval", TreeHash.SHA256)
    long_ledger(connection, 2 * BLOCK)
    connection.execute("DELETE FROM ledger WHERE position = 200")
    with pytest.raises(TreeBroken):
        LedgerTree(connection).grow(2 * BLOCK)
    town.minute()
    assert town.approval.fault_of("approval") is CheckpointFault.BROKEN
    assert newest_signed(connection) is None


def test_each_minute_a_ledger_is_signed_and_the_other_side_holds_it(town: Town) -> None:
    town.decide(3)
    town.minute()
    first = newest_signed(town.approval.connection)
    assert first is not None
    assert not any(side.fault_of(source) for side in town.sides for source in ("approval", "supervision"))
    town.decide(2)
    town.minute(2)
    held = newest_held(town.supervision.connection, "approval")
    signed = newest_signed(town.approval.connection)
    assert held is not None
    assert signed is not None
    assert first.size < signed.size
    assert (held.size, held.root) == (signed.size, signed.root)
    keys = KeyRing(trusted_keys(town.supervision.connection, "approval"))
    assert check_note(held.note, keys)[0].size == held.size
    assert not any(side.fault_of(source) for side in town.sides for source in ("approval", "supervision"))
    assert first_covering(town.approval.connection, 2) == first, "the first that a record is in does not change"
    town.minute(30)
    assert not any(side.fault_of(source) for side in town.sides for source in ("approval", "supervision"))
    rows = town.linkage.rows("SELECT count(*) FROM signed_checkpoints", side="approval")
    assert rows == [(2,)], "of quiet minutes only the newest note is kept"


@pytest.mark.parametrize("position", [1, 3])
def test_a_ledger_rewritten_with_chain_and_tree_shows_against_what_the_other_side_holds(
    town: Town, position: int
) -> None:
    town.decide(4)
    town.minute(2)
    connection = town.approval.connection
    rewrite(connection, position)
    # Whoever rewrites also forgets what was signed, and signs what stands there now.
    connection.execute("TRUNCATE signed_checkpoints, spoken_checkpoint")
    assert not list(ledger.verify(connection, "approval")), "the chain alone does not show it"
    town.decide()
    blind(town.approval)
    town.minute(2)
    assert town.supervision.fault_of("approval") is CheckpointFault.REWRITTEN
    evidence = town.linkage.rows("SELECT proven FROM heard_checkpoints WHERE source = 'approval' ORDER BY size")
    assert {(True,), (False,)} <= set(evidence), "both notes are kept, each signed"


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


def test_the_side_itself_signs_nothing_more_once_its_ledger_is_not_what_it_signed(town: Town) -> None:
    town.decide(4)
    town.minute(2)
    before = newest_signed(town.approval.connection)
    rewrite(town.approval.connection, 2)
    town.decide()
    town.minute()
    assert town.approval.fault_of("approval") is CheckpointFault.REWRITTEN
    assert newest_signed(town.approval.connection) == before
    town.minute(int(TOO_OLD.total_seconds() / 60) + 2)
    assert town.supervision.fault_of("approval") is CheckpointFault.OVERDUE, "and the other side hears no new one"


def test_forgetting_what_was_signed_does_not_help_against_what_the_other_side_says_it_holds(town: Town) -> None:
    town.decide(4)
    town.minute(2)
    rewrite(town.approval.connection, 2)
    town.approval.connection.execute("TRUNCATE signed_checkpoints, spoken_checkpoint")
    town.minute()
    assert town.approval.fault_of("approval") is CheckpointFault.REWRITTEN


def test_without_what_is_held_the_rewritten_ledger_is_signed_as_if_nothing_had_been(town: Town) -> None:
    """The negative control of the two above."""
    town.decide(4)
    town.minute(2)
    rewrite(town.approval.connection, 2)
    town.approval.connection.execute("TRUNCATE signed_checkpoints, spoken_checkpoint")
    town.linkage.rows("DELETE FROM heard_checkpoints RETURNING 1")
    for side in town.sides:
        side.log.announce(survey(side.connection, side.name, {}))
    town.supervision.connection.execute("TRUNCATE spoken_checkpoint")
    town.supervision.log.announce(survey(town.supervision.connection, "supervision", {}))
    town.decide()
    town.minute(2)
    assert town.supervision.fault_of("approval") is None


def test_a_walk_finds_rows_that_are_not_those_that_were_signed_though_their_chain_holds(town: Town) -> None:
    town.decide(3)
    town.minute()
    connection = town.approval.connection
    assert walk(connection, "approval", whole=True)[0].faults == 0
    rewrite(connection, 2, tree=False)
    (found,) = {fault.kind for fault in walk(connection, "approval", whole=True)[1]}
    assert found == "tree"


def test_a_walk_since_the_last_goes_on_with_the_tree_where_it_stood(town: Town) -> None:
    town.decide(3)
    town.minute()
    assert walk(town.approval.connection, "approval", whole=True)[0].faults == 0
    town.decide(2)
    town.minute()
    found, _ = walk(town.approval.connection, "approval", whole=False)
    assert (found.since, found.head, found.faults) == (3, 5, 0)


def test_two_checkpoints_of_the_same_size_are_kept_both_and_told(town: Town) -> None:
    town.decide(4)
    town.minute(2)
    rewrite(town.approval.connection, 2)
    town.approval.connection.execute("TRUNCATE signed_checkpoints, spoken_checkpoint")
    blind(town.approval)
    town.minute()
    assert town.supervision.fault_of("approval") is CheckpointFault.SPLIT


def test_a_checkpoint_signed_by_a_key_that_nobody_accepted_is_told_until_somebody_does(
    town: Town, tmp_path: Path
) -> None:
    town.decide()
    town.minute(2)
    connection = town.approval.connection
    (origin,) = connection.execute("SELECT origin FROM ledger_tree").fetchone() or ("",)
    now = town.approval.now + timedelta(seconds=30)
    new = replace_signing_key(town.approval.key, connection, origin, Algorithm.ED25519, now)
    town.minute()
    assert town.supervision.fault_of("approval") is CheckpointFault.UNKNOWN_KEY
    trust(town.supervision.connection, "approval", new)
    town.minute()
    assert town.supervision.fault_of("approval") is None
    first, second = signing_keys(connection)[::-1]
    assert (first.valid_until is not None, second.valid_until, second.id) == (True, None, new.id)
    assert len(list(tmp_path.glob("signing-approval.key*"))) == 2, "the one before is kept beside it"


def test_an_announcement_that_nobody_can_read_is_a_fault_and_ends_nothing(town: Town) -> None:
    town.decide()
    town.minute(2)
    for said in ({"note": 7}, {"note": "x"}, {"note": "x" * 9000}, {"note": "x", "keys": [{"id": "0"}]}):
        town.approval.connection.execute("UPDATE announcements SET announced_at = clock_timestamp()")
        town.approval.connection.execute(
            "UPDATE announcements SET said = said || jsonb_build_object('checkpoint', %s::jsonb)",
            (psycopg.types.json.Jsonb(said),),
        )
        town.supervision.turn()
        assert town.supervision.fault_of("approval") is CheckpointFault.SIGNATURE


def test_a_side_that_is_silent_is_not_overdue_and_one_that_speaks_without_a_proof_is(town: Town) -> None:
    town.decide()
    town.minute(2)
    town.supervision.now += timedelta(hours=2)
    town.supervision.turn()
    assert town.supervision.fault_of("approval") is None, "silence is told as such"
    town.approval.log.announce(survey(town.approval.connection, "approval", {}))
    town.supervision.turn()
    assert town.supervision.fault_of("approval") is CheckpointFault.OVERDUE
    assert town.supervision.fault_of("supervision") is None


def test_the_key_is_made_once_for_its_owner_alone_and_another_one_is_refused(town: Town, tmp_path: Path) -> None:
    connection, now = town.approval.connection, town.approval.now
    _, made = town.approval.open_key(connection, now)
    assert town.approval.key.stat().st_mode & 0o777 == 0o600
    _, again = town.approval.open_key(connection, now + timedelta(days=1))
    assert again.key == made.key
    town.approval.key.write_text(f"ed25519 {new_secret(Algorithm.ED25519).hex()}\n")
    with pytest.raises(SigningKeyWrong, match=r"put back that one.*new-key"):
        town.approval.open_key(connection, now)
    for wrong, said in (("", "holds no signing key"), ("rsa 00", "holds no signing key")):
        town.approval.key.write_text(wrong)
        with pytest.raises(SigningKeyWrong, match=said):
            town.approval.open_key(connection, now)
    town.approval.key.unlink()
    with pytest.raises(SigningKeyWrong, match="is gone"):
        town.approval.open_key(connection, now)


def test_a_ledger_that_was_restored_and_is_not_whole_yet_is_not_signed(town: Town) -> None:
    town.decide(3)
    town.minute()
    connection, before = town.approval.connection, newest_signed(town.approval.connection)
    tree = LedgerTree(connection)
    key = signer(tree.origin, Algorithm.ED25519, new_secret(Algorithm.ED25519), NOON)
    assert sign_if_due(connection, tree, 2, key, town.approval.now + timedelta(minutes=1)) is None
    assert newest_signed(connection) == before


def test_a_receipt_asked_over_http_is_proven_by_the_script_at_home_and_its_paper_names_the_checkpoint(
    town: Town,
) -> None:
    (outcome,) = town.linkage.submit(decision())
    town.linkage.number()
    bureau = clerk(town.linkage)
    asked = f"/api/v1/records/{outcome.permit}/1/proof"
    early = bureau.get(asked, headers={"accept": "application/json"})
    assert (early.status_code, early.json()["code"]) == (409, "not_signed_yet")
    town.minute()
    (key,) = bureau.get("/api/v1/signing-keys").json()["own"]
    said = bureau.get(asked)
    code = bureau.get(f"/api/v1/records/{outcome.permit}/1").json()["record"]["code"]
    assert script().check(said.content, [key["id"]], code=code)
    assert check_file(said.content, [key["id"]]).signers == [key["id"]]
    changed = said.content.replace(said.json()["record"]["digest"].encode(), b"00" * 32)
    with pytest.raises(NotProven):
        check_file(changed)
    root = bureau.get("/api/v1/checkpoints").json()["own"]["root"]
    for page in (f"/permits/{outcome.permit}/notices/1", f"/check/{outcome.permit}/1"):
        shown = bureau.get(page).text
        assert root[:4] in shown.lower(), page
        assert "至第 1 号" in shown, page


def test_a_department_proves_that_the_checkpoint_it_kept_leads_to_the_newest(town: Town) -> None:
    town.decide(3)
    town.minute(2)
    bureau = clerk(town.linkage)
    kept = bureau.get("/api/v1/checkpoints").json()["own"]
    town.decide(4)
    town.minute(2)
    said = bureau.get(f"/api/v1/checkpoints/consistency?earlier={kept['size']}").json()
    newest = read_note(said["note"])[0]
    root, proof = bytes.fromhex(kept["root"]), of_base64(said["proof"])
    assert consistent(kept["size"], root, newest.size, newest.root, proof)
    assert not consistent(kept["size"], bytes(32), newest.size, newest.root, proof)
    for wrong in ("earlier=99", "later=2"):
        answer = bureau.get(f"/api/v1/checkpoints/consistency?{wrong}", headers={"accept": "application/json"})
        assert answer.json()["code"] == "unknown_checkpoint"


def test_what_is_exported_is_proven_at_home_and_one_changed_letter_is_found(town: Town) -> None:
    (outcome,) = town.linkage.submit(decision())
    town.linkage.number()
    town.minute(2)
    first = newest_held(town.supervision.connection, "approval")
    town.decide(3)
    town.minute(2)
    assert outcome.permit is not None
    assert first is not None
    connection, now = town.approval.connection, town.approval.now
    _, key = town.approval.open_key(connection, now)
    taken_out: list[dict[str, Any]] = [{"streams": [outcome.permit]}, {}, {"first": 1, "last": 3}]
    for chosen in taken_out:
        content = b"".join(export(connection, "approval", key, now, **chosen))
        assert script().check(content, [key.key.id], [(first.size, first.root.hex()[:16])])
        assert check_file(content, [key.key.id]).checkpoint.size == 4
        with pytest.raises(NotProven):
            check_file(content.replace(b"permit_granted", b"permit_renewed", 1), [key.key.id])
    with pytest.raises(WronglyAsked, match="numbers go from 1 to 4"):
        list(export(connection, "approval", key, now, last=5))
    with pytest.raises(WronglyAsked, match="nothing is recorded under"):
        list(export(connection, "approval", key, now, streams=[UUID(int=9)]))
    connection.execute("TRUNCATE signed_checkpoints")
    with pytest.raises(NothingSigned):
        list(export(connection, "approval", key, now))


def test_an_operator_reads_on_a_page_what_is_signed_and_held_and_what_to_do(town: Town) -> None:
    town.decide(2)
    town.minute(2)
    well = checkpoints_told(town.supervision.connection, "supervision")
    assert [one.light for one in well][1] == "green"
    rewrite(town.approval.connection, 1)
    town.approval.connection.execute("TRUNCATE signed_checkpoints, spoken_checkpoint")
    blind(town.approval)
    town.decide()
    town.minute(2)
    (_, ill) = checkpoints_told(town.supervision.connection, "supervision")
    assert (ill.light, ill.status, ill.acts != []) == ("red", "不符", True)


def test_who_sees_some_records_only_gets_the_same_proof(town: Town) -> None:
    """Row-level security hides rows of others from the web services; a proof is made of the digests of all."""
    town.decide(5)
    town.minute()
    connection = town.approval.connection
    whole = LedgerTree(connection).inclusion(2, 5)
    with connection.transaction(force_rollback=True):
        connection.execute("CREATE ROLE sees_some; GRANT SELECT ON ledger, ledger_tree, ledger_tree_nodes TO sees_some")
        connection.execute("SET LOCAL linkage.scope TO ''")
        connection.execute("CREATE POLICY one_row ON ledger FOR SELECT TO sees_some USING (position = 2)")
        connection.execute("SET LOCAL ROLE sees_some")
        assert connection.execute("SELECT position FROM ledger").fetchall() == [(2,)]
        assert LedgerTree(connection).inclusion(2, 5) == whole
