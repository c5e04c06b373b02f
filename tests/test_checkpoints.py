"""Each side signs its ledger and holds what the other signed: a ledger rewritten over there, tree and all, shows."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from events import ledger
from events.announcing import survey
from events.proof.checkpoint import check_note, read_note
from events.proof.signing import Algorithm, KeyRing, new_secret, signer
from events.proof.spoken import of_base64
from events.proof.tree import Tree, TreeHash, consistent, included, leaf_hash
from services.checkpoints.heard import newest_held, trust, trusted_keys
from services.checkpoints.ledger_tree import BLOCK, LedgerTree, TreeBroken, begin_tree
from services.checkpoints.own import first_covering, newest_signed, sign_if_due
from services.checkpoints.signing_keys import SigningKeyWrong, replace_signing_key, signing_keys
from services.checkpoints.standing import TOO_OLD, CheckpointFault
from services.ledger_walks import walk
from services.pages.checkpoint_words import checkpoints_told
from services.proof_file.exporting import NothingSigned, export
from services.proof_file.reading import NotProven, check_file
from services.trouble import WronglyAsked
from tests.invented import decision
from tests.signing_town import NOON, SigningTown, blind, leaves_of, rewrite
from tests.test_checking import clerk
from tests.verifier import verifier


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


def test_the_stored_tree_is_the_tree_of_all_records_at_every_size_and_few_nodes_are_stored(
    signing_town: SigningTown,
) -> None:
    connection = signing_town.approval.connection
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


def test_of_a_ledger_with_a_hole_nothing_is_signed_and_it_is_said(signing_town: SigningTown) -> None:
    connection = signing_town.approval.connection
    begin_tree(connection, "approval", TreeHash.SHA256)
    long_ledger(connection, 2 * BLOCK)
    connection.execute("DELETE FROM ledger WHERE position = 200")
    with pytest.raises(TreeBroken):
        LedgerTree(connection).grow(2 * BLOCK)
    signing_town.minute()
    assert signing_town.approval.fault_of("approval") is CheckpointFault.BROKEN
    assert newest_signed(connection) is None


def test_each_minute_a_ledger_is_signed_and_the_other_side_holds_it(signing_town: SigningTown) -> None:
    signing_town.decide(3)
    signing_town.minute()
    first = newest_signed(signing_town.approval.connection)
    assert first is not None
    assert not any(side.fault_of(source) for side in signing_town.sides for source in ("approval", "supervision"))
    signing_town.decide(2)
    signing_town.minute(2)
    held = newest_held(signing_town.supervision.connection, "approval")
    signed = newest_signed(signing_town.approval.connection)
    assert held is not None
    assert signed is not None
    assert first.size < signed.size
    assert (held.size, held.root) == (signed.size, signed.root)
    keys = KeyRing(trusted_keys(signing_town.supervision.connection, "approval"))
    assert check_note(held.note, keys)[0].size == held.size
    assert not any(side.fault_of(source) for side in signing_town.sides for source in ("approval", "supervision"))
    assert first_covering(signing_town.approval.connection, 2) == first, "the first that a record is in does not change"
    signing_town.minute(30)
    assert not any(side.fault_of(source) for side in signing_town.sides for source in ("approval", "supervision"))
    rows = signing_town.linkage.rows("SELECT count(*) FROM signed_checkpoints", side="approval")
    assert rows == [(2,)], "of quiet minutes only the newest note is kept"


@pytest.mark.parametrize("position", [1, 3])
def test_a_ledger_rewritten_with_chain_and_tree_shows_against_what_the_other_side_holds(
    signing_town: SigningTown, position: int
) -> None:
    signing_town.decide(4)
    signing_town.minute(2)
    connection = signing_town.approval.connection
    rewrite(connection, position)
    # Whoever rewrites also forgets what was signed, and signs what stands there now.
    connection.execute("TRUNCATE signed_checkpoints, spoken_checkpoint")
    assert not list(ledger.verify(connection, "approval")), "the chain alone does not show it"
    signing_town.decide()
    blind(signing_town.approval)
    signing_town.minute(2)
    assert signing_town.supervision.fault_of("approval") is CheckpointFault.REWRITTEN
    evidence = signing_town.linkage.rows("SELECT proven FROM heard_checkpoints WHERE source = 'approval' ORDER BY size")
    assert {(True,), (False,)} <= set(evidence), "both notes are kept, each signed"


def test_the_side_itself_signs_nothing_more_once_its_ledger_is_not_what_it_signed(signing_town: SigningTown) -> None:
    signing_town.decide(4)
    signing_town.minute(2)
    before = newest_signed(signing_town.approval.connection)
    rewrite(signing_town.approval.connection, 2)
    signing_town.decide()
    signing_town.minute()
    assert signing_town.approval.fault_of("approval") is CheckpointFault.REWRITTEN
    assert newest_signed(signing_town.approval.connection) == before
    signing_town.minute(int(TOO_OLD.total_seconds() / 60) + 2)
    assert signing_town.supervision.fault_of("approval") is CheckpointFault.OVERDUE, (
        "and the other side hears no new one"
    )


def test_forgetting_what_was_signed_does_not_help_against_what_the_other_side_says_it_holds(
    signing_town: SigningTown,
) -> None:
    signing_town.decide(4)
    signing_town.minute(2)
    rewrite(signing_town.approval.connection, 2)
    signing_town.approval.connection.execute("TRUNCATE signed_checkpoints, spoken_checkpoint")
    signing_town.minute()
    assert signing_town.approval.fault_of("approval") is CheckpointFault.REWRITTEN


def test_without_what_is_held_the_rewritten_ledger_is_signed_as_if_nothing_had_been(signing_town: SigningTown) -> None:
    """The negative control of the two above."""
    signing_town.decide(4)
    signing_town.minute(2)
    rewrite(signing_town.approval.connection, 2)
    signing_town.approval.connection.execute("TRUNCATE signed_checkpoints, spoken_checkpoint")
    signing_town.linkage.rows("DELETE FROM heard_checkpoints RETURNING 1")
    for side in signing_town.sides:
        side.log.announce(survey(side.connection, side.name, {}))
    signing_town.supervision.connection.execute("TRUNCATE spoken_checkpoint")
    signing_town.supervision.log.announce(survey(signing_town.supervision.connection, "supervision", {}))
    signing_town.decide()
    signing_town.minute(2)
    assert signing_town.supervision.fault_of("approval") is None


def test_a_walk_finds_rows_that_are_not_those_that_were_signed_though_their_chain_holds(
    signing_town: SigningTown,
) -> None:
    signing_town.decide(3)
    signing_town.minute()
    connection = signing_town.approval.connection
    assert walk(connection, "approval", whole=True)[0].faults == 0
    rewrite(connection, 2, tree=False)
    (found,) = {fault.kind for fault in walk(connection, "approval", whole=True)[1]}
    assert found == "tree"


def test_a_walk_since_the_last_goes_on_with_the_tree_where_it_stood(signing_town: SigningTown) -> None:
    signing_town.decide(3)
    signing_town.minute()
    assert walk(signing_town.approval.connection, "approval", whole=True)[0].faults == 0
    signing_town.decide(2)
    signing_town.minute()
    found, _ = walk(signing_town.approval.connection, "approval", whole=False)
    assert (found.since, found.head, found.faults) == (3, 5, 0)


def test_two_checkpoints_of_the_same_size_are_kept_both_and_told(signing_town: SigningTown) -> None:
    signing_town.decide(4)
    signing_town.minute(2)
    rewrite(signing_town.approval.connection, 2)
    signing_town.approval.connection.execute("TRUNCATE signed_checkpoints, spoken_checkpoint")
    blind(signing_town.approval)
    signing_town.minute()
    assert signing_town.supervision.fault_of("approval") is CheckpointFault.SPLIT


def test_a_checkpoint_signed_by_a_key_that_nobody_accepted_is_told_until_somebody_does(
    signing_town: SigningTown, tmp_path: Path
) -> None:
    signing_town.decide()
    signing_town.minute(2)
    connection = signing_town.approval.connection
    (origin,) = connection.execute("SELECT origin FROM ledger_tree").fetchone() or ("",)
    now = signing_town.approval.now + timedelta(seconds=30)
    new = replace_signing_key(signing_town.approval.key, connection, origin, Algorithm.ED25519, now)
    signing_town.minute()
    assert signing_town.supervision.fault_of("approval") is CheckpointFault.UNKNOWN_KEY
    trust(signing_town.supervision.connection, "approval", new)
    signing_town.minute()
    assert signing_town.supervision.fault_of("approval") is None
    first, second = signing_keys(connection)[::-1]
    assert (first.valid_until is not None, second.valid_until, second.id) == (True, None, new.id)
    assert len(list(tmp_path.glob("signing-approval.key*"))) == 2, "the one before is kept beside it"


def test_an_announcement_that_nobody_can_read_is_a_fault_and_ends_nothing(signing_town: SigningTown) -> None:
    signing_town.decide()
    signing_town.minute(2)
    for said in ({"note": 7}, {"note": "x"}, {"note": "x" * 9000}, {"note": "x", "keys": [{"id": "0"}]}):
        signing_town.approval.connection.execute("UPDATE announcements SET announced_at = clock_timestamp()")
        signing_town.approval.connection.execute(
            "UPDATE announcements SET said = said || jsonb_build_object('checkpoint', %s::jsonb)",
            (psycopg.types.json.Jsonb(said),),
        )
        signing_town.supervision.turn()
        assert signing_town.supervision.fault_of("approval") is CheckpointFault.SIGNATURE


def test_a_side_that_is_silent_is_not_overdue_and_one_that_speaks_without_a_proof_is(signing_town: SigningTown) -> None:
    signing_town.decide()
    signing_town.minute(2)
    signing_town.supervision.now += timedelta(hours=2)
    signing_town.supervision.turn()
    assert signing_town.supervision.fault_of("approval") is None, "silence is told as such"
    signing_town.approval.log.announce(survey(signing_town.approval.connection, "approval", {}))
    signing_town.supervision.turn()
    assert signing_town.supervision.fault_of("approval") is CheckpointFault.OVERDUE
    assert signing_town.supervision.fault_of("supervision") is None


def test_the_key_is_made_once_for_its_owner_alone_and_another_one_is_refused(
    signing_town: SigningTown, tmp_path: Path
) -> None:
    connection, now = signing_town.approval.connection, signing_town.approval.now
    _, made = signing_town.approval.open_key(connection, now)
    assert signing_town.approval.key.stat().st_mode & 0o777 == 0o600
    _, again = signing_town.approval.open_key(connection, now + timedelta(days=1))
    assert again.key == made.key
    signing_town.approval.key.write_text(f"ed25519 {new_secret(Algorithm.ED25519).hex()}\n")
    with pytest.raises(SigningKeyWrong, match=r"put back that one.*new-key"):
        signing_town.approval.open_key(connection, now)
    for wrong, said in (("", "holds no signing key"), ("rsa 00", "holds no signing key")):
        signing_town.approval.key.write_text(wrong)
        with pytest.raises(SigningKeyWrong, match=said):
            signing_town.approval.open_key(connection, now)
    signing_town.approval.key.unlink()
    with pytest.raises(SigningKeyWrong, match="is gone"):
        signing_town.approval.open_key(connection, now)


def test_a_ledger_that_was_restored_and_is_not_whole_yet_is_not_signed(signing_town: SigningTown) -> None:
    signing_town.decide(3)
    signing_town.minute()
    connection, before = signing_town.approval.connection, newest_signed(signing_town.approval.connection)
    tree = LedgerTree(connection)
    key = signer(tree.origin, Algorithm.ED25519, new_secret(Algorithm.ED25519), NOON)
    assert sign_if_due(connection, tree, 2, key, signing_town.approval.now + timedelta(minutes=1)) is None
    assert newest_signed(connection) == before


def test_a_receipt_asked_over_http_is_proven_by_the_script_at_home_and_its_paper_names_the_checkpoint(
    signing_town: SigningTown,
) -> None:
    (outcome,) = signing_town.linkage.submit(decision())
    signing_town.linkage.number()
    bureau = clerk(signing_town.linkage)
    asked = f"/api/v1/records/{outcome.permit}/1/proof"
    early = bureau.get(asked, headers={"accept": "application/json"})
    assert (early.status_code, early.json()["code"]) == (409, "not_signed_yet")
    signing_town.minute()
    (key,) = bureau.get("/api/v1/signing-keys").json()["own"]
    said = bureau.get(asked)
    code = bureau.get(f"/api/v1/records/{outcome.permit}/1").json()["record"]["code"]
    assert verifier().check(said.content, [key["id"]], code=code)
    assert check_file(said.content, [key["id"]]).signers == [key["id"]]
    changed = said.content.replace(said.json()["record"]["digest"].encode(), b"00" * 32)
    with pytest.raises(NotProven):
        check_file(changed)
    root = bureau.get("/api/v1/checkpoints").json()["own"]["root"]
    for page in (f"/permits/{outcome.permit}/notices/1", f"/check/{outcome.permit}/1"):
        shown = bureau.get(page).text
        assert root[:4] in shown.lower(), page
        assert "至第 1 号" in shown, page


def test_a_department_proves_that_the_checkpoint_it_kept_leads_to_the_newest(signing_town: SigningTown) -> None:
    signing_town.decide(3)
    signing_town.minute(2)
    bureau = clerk(signing_town.linkage)
    kept = bureau.get("/api/v1/checkpoints").json()["own"]
    signing_town.decide(4)
    signing_town.minute(2)
    said = bureau.get(f"/api/v1/checkpoints/consistency?earlier={kept['size']}").json()
    newest = read_note(said["note"])[0]
    root, proof = bytes.fromhex(kept["root"]), of_base64(said["proof"])
    assert consistent(kept["size"], root, newest.size, newest.root, proof)
    assert not consistent(kept["size"], bytes(32), newest.size, newest.root, proof)
    for wrong in ("earlier=99", "later=2"):
        answer = bureau.get(f"/api/v1/checkpoints/consistency?{wrong}", headers={"accept": "application/json"})
        assert answer.json()["code"] == "unknown_checkpoint"


def test_what_is_exported_is_proven_at_home_and_one_changed_letter_is_found(signing_town: SigningTown) -> None:
    (outcome,) = signing_town.linkage.submit(decision())
    signing_town.linkage.number()
    signing_town.minute(2)
    first = newest_held(signing_town.supervision.connection, "approval")
    signing_town.decide(3)
    signing_town.minute(2)
    assert outcome.permit is not None
    assert first is not None
    connection, now = signing_town.approval.connection, signing_town.approval.now
    _, key = signing_town.approval.open_key(connection, now)
    taken_out: list[dict[str, Any]] = [{"streams": [outcome.permit]}, {}, {"first": 1, "last": 3}]
    for chosen in taken_out:
        content = b"".join(export(connection, "approval", key, now, **chosen))
        assert verifier().check(content, [key.key.id], [(first.size, first.root.hex()[:16])])
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


def test_an_operator_reads_on_a_page_what_is_signed_and_held_and_what_to_do(signing_town: SigningTown) -> None:
    signing_town.decide(2)
    signing_town.minute(2)
    well = checkpoints_told(signing_town.supervision.connection, "supervision")
    assert [one.light for one in well][1] == "green"
    rewrite(signing_town.approval.connection, 1)
    signing_town.approval.connection.execute("TRUNCATE signed_checkpoints, spoken_checkpoint")
    blind(signing_town.approval)
    signing_town.decide()
    signing_town.minute(2)
    (_, ill) = checkpoints_told(signing_town.supervision.connection, "supervision")
    assert (ill.light, ill.status, ill.acts != []) == ("red", "不符", True)


def test_who_sees_some_records_only_gets_the_same_proof(signing_town: SigningTown) -> None:
    """Row-level security hides rows of others from the web services; a proof is made of the digests of all."""
    signing_town.decide(5)
    signing_town.minute()
    connection = signing_town.approval.connection
    whole = LedgerTree(connection).inclusion(2, 5)
    with connection.transaction(force_rollback=True):
        connection.execute("CREATE ROLE sees_some; GRANT SELECT ON ledger, ledger_tree, ledger_tree_nodes TO sees_some")
        connection.execute("SET LOCAL linkage.scope TO ''")
        connection.execute("CREATE POLICY one_row ON ledger FOR SELECT TO sees_some USING (position = 2)")
        connection.execute("SET LOCAL ROLE sees_some")
        assert connection.execute("SELECT position FROM ledger").fetchall() == [(2,)]
        assert LedgerTree(connection).inclusion(2, 5) == whole
