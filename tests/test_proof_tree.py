"""One record is in the tree, a tree is the earlier one grown: shown with a handful of hashes, and for nothing else."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.proof.tree import Tree, TreeHash, consistent, empty_root, included, leaf_hash, node_hash

# The leaves and roots that Certificate Transparency's own tests publish for RFC 6962.
KNOWN_LEAVES = [
    bytes.fromhex(one)
    for one in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
KNOWN_ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
MOST = 70


def leaves(many: int) -> list[bytes]:
    return [b"record %d" % number for number in range(many)]


def recursive_root(data: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if not data:
        return hashlib.sha256().digest()
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    split = max(power for power in (1, 2, 4, 8, 16, 32, 64) if power < len(data))
    return hashlib.sha256(b"\x01" + recursive_root(data[:split]) + recursive_root(data[split:])).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_that_certificate_transparency_publishes(size: int) -> None:
    assert Tree.over(KNOWN_LEAVES[:size]).root.hex() == KNOWN_ROOTS[size - 1]


def test_proofs_are_those_that_certificate_transparency_publishes() -> None:
    assert [one.hex() for one in Tree.over(KNOWN_LEAVES).inclusion(0)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    assert [one.hex() for one in Tree.over(KNOWN_LEAVES[:5]).consistency(2)] == [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]


def test_every_size_has_the_root_that_the_law_of_the_tree_says_and_the_empty_one_too() -> None:
    for size in range(MOST):
        assert Tree.over(leaves(size)).root == recursive_root(leaves(size))
    assert Tree.over([]).root == empty_root()


def test_every_record_of_every_size_is_shown_to_be_in_the_tree_at_its_place_and_at_no_other() -> None:
    for size in range(1, MOST):
        tree = Tree.over(leaves(size))
        for index, data in enumerate(leaves(size)):
            proof, leaf = tree.inclusion(index), leaf_hash(data)
            assert included(leaf, index, size, proof, tree.root)
            assert not included(leaf_hash(b"another"), index, size, proof, tree.root)
            assert not included(leaf, (index + 1) % size, size, proof, tree.root) or size == 1
            assert not included(leaf, index, size, [*proof, leaf], tree.root)
            assert not included(leaf, index, size, proof[:-1], tree.root) or size == 1


def test_every_size_is_shown_to_have_grown_from_every_earlier_one_and_from_no_other() -> None:
    trees = [Tree.over(leaves(size)) for size in range(MOST)]
    for later in trees:
        for earlier in trees[: later.size + 1]:
            proof = later.consistency(earlier.size)
            assert consistent(earlier.size, earlier.root, later.size, later.root, proof)
            assert not consistent(earlier.size, leaf_hash(b"another"), later.size, later.root, proof)
            if earlier.size not in (0, later.size):
                assert not consistent(earlier.size, earlier.root, later.size, leaf_hash(b"another"), proof)
                assert not consistent(earlier.size, earlier.root, later.size, later.root, proof[:-1])
                assert not consistent(earlier.size, earlier.root, later.size, later.root, [*proof, later.root])


@given(st.integers(1, 300), st.data())
def test_a_record_changed_before_the_earlier_head_is_inconsistent_and_one_after_it_is_not(
    later: int, data: st.DataObject
) -> None:
    earlier = data.draw(st.integers(1, later))
    changed = data.draw(st.integers(0, later - 1))
    before = Tree.over(leaves(earlier))
    rewritten = leaves(later)
    rewritten[changed] = b"rewritten"
    tree = Tree.over(rewritten)
    proven = consistent(earlier, before.root, later, tree.root, tree.consistency(earlier))
    assert proven == (changed >= earlier)


@given(st.integers(1, 200), st.data())
def test_one_flipped_bit_of_a_proof_is_found(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    tree = Tree.over(leaves(size))
    proof = tree.inclusion(index)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        flipped = bytearray(proof[at])
        flipped[data.draw(st.integers(0, 31))] ^= 1 << data.draw(st.integers(0, 7))
        proof[at] = bytes(flipped)
        assert not included(leaf_hash(leaves(size)[index]), index, size, proof, tree.root)


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=140), st.integers(-2, 2**70), st.integers(-2, 2**70))
def test_whatever_is_called_a_proof_is_answered_and_proves_nothing(proof: list[bytes], one: int, other: int) -> None:
    stranger = leaf_hash(b"of no tree")
    assert not included(stranger, one, other, proof, empty_root())
    assert not consistent(one, stranger, other, empty_root(), proof)


def test_a_node_cannot_be_shown_as_a_record() -> None:
    tree = Tree.over(leaves(2))
    left, right = tree.levels[0]
    assert not included(leaf_hash(left + right), 0, 1, [], tree.root)
    # Without the two first bytes it could: that is what they are for.
    assert hashlib.sha256(b"\x01" + left + right).digest() == tree.root == node_hash(left, right)


def test_a_tree_of_sm3_has_other_roots_and_the_same_proofs_to_check() -> None:
    for size in (1, 2, 7, 8, 33):
        tree = Tree.over(leaves(size), TreeHash.SM3)
        assert tree.root != Tree.over(leaves(size)).root
        leaf = leaf_hash(leaves(size)[-1], TreeHash.SM3)
        assert included(leaf, size - 1, size, tree.inclusion(size - 1), tree.root, TreeHash.SM3)
    assert TreeHash.SM3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0", (
        "GB/T 32905, A.1"
    )


def test_a_proof_has_as_many_hashes_as_the_tree_has_levels() -> None:
    tree = Tree.over(leaves(1000))
    assert max(len(tree.inclusion(index)) for index in range(1000)) == 10
    assert all(len(one) >= len(other) for one, other in pairwise(tree.levels))
