"""The Merkle tree of RFC 6962, section 2.1, with the checks of its proofs as RFC 9162, section 2.1, writes them.

A leaf is ``H(0x00 ‖ data)``, a node ``H(0x01 ‖ left ‖ right)``: no node can be shown as a leaf. A *complete node* at
``(level, index)`` is the root of the ``2**level`` leaves from ``index * 2**level`` on; it never changes once those
leaves are there, so that all a tree has to keep are complete nodes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

Node = Callable[[int, int], bytes]
"""Returns the hash of the complete node at (level, index)."""

LONGEST_PROOF = 130
"""Hashes of the longest proof between trees of up to 2**64 leaves; what is longer is no proof and is not computed."""


class TreeHash(StrEnum):
    """The hash of a tree. SM3 is GB/T 32905; both give 32 bytes."""

    SHA256 = "sha256"
    SM3 = "sm3"

    def __call__(self, data: bytes) -> bytes:
        if self is TreeHash.SHA256:
            return hashlib.sha256(data).digest()  # by its own name it takes half the time
        return hashlib.new(self.value, data).digest()


SHA256 = TreeHash.SHA256


def leaf_hash(data: bytes, of: TreeHash = SHA256) -> bytes:
    return of(b"\x00" + data)


def node_hash(left: bytes, right: bytes, of: TreeHash = SHA256) -> bytes:
    return of(b"\x01" + left + right)


def empty_root(of: TreeHash = SHA256) -> bytes:
    """Return the root of a tree without leaves: the hash of nothing."""
    return of(b"")


def root(node: Node, size: int, of: TreeHash = SHA256) -> bytes:
    """Return the root of the first ``size`` leaves, from O(log size) complete nodes."""
    return range_root(node, 0, size, of) if size else empty_root(of)


def range_root(node: Node, first: int, end: int, of: TreeHash = SHA256) -> bytes:
    """Return the root of leaves ``first`` … ``end - 1``, a range as RFC 6962 splits a tree: it begins at a multiple of
    the largest power of two that is in it."""
    many = end - first
    if many & (many - 1) == 0:
        level = many.bit_length() - 1
        return node(level, first >> level)
    middle = first + _split(many)
    return node_hash(range_root(node, first, middle, of), range_root(node, middle, end, of), of)


def inclusion_proof(node: Node, index: int, size: int, of: TreeHash = SHA256) -> list[bytes]:
    """Return the hashes that lead from leaf ``index`` (0 …) to the root of the first ``size`` leaves, lowest first."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} among {size}")
    found: list[bytes] = []
    first, end = 0, size
    while end - first > 1:
        middle = first + _split(end - first)
        if index < middle:
            found.append(range_root(node, middle, end, of))
            end = middle
        else:
            found.append(range_root(node, first, middle, of))
            first = middle
    return found[::-1]


def consistency_proof(node: Node, earlier: int, later: int, of: TreeHash = SHA256) -> list[bytes]:
    """Return the hashes that show that the first ``earlier`` of ``later`` leaves are the same leaves as before."""
    if not 0 <= earlier <= later:
        raise ValueError(f"{earlier} is not before {later}")
    if earlier in (0, later):
        return []
    found: list[bytes] = []
    first, end, whole = 0, later, True
    while earlier < end:
        middle = first + _split(end - first)
        if earlier <= middle:
            found.append(range_root(node, middle, end, of))
            end = middle
        else:
            found.append(range_root(node, first, middle, of))
            first, whole = middle, False
    if not whole:
        found.append(range_root(node, first, end, of))
    return found[::-1]


def included(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root_hash: bytes, of: TreeHash = SHA256
) -> bool:
    """Tell whether ``proof`` leads from the leaf's hash at ``index`` to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or len(proof) > LONGEST_PROOF:
        return False
    at, last, computed = index, size - 1, leaf
    for beside in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            computed = node_hash(beside, computed, of)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            computed = node_hash(computed, beside, of)
        at, last = at >> 1, last >> 1
    return last == 0 and computed == root_hash


def consistent(
    earlier: int, earlier_root: bytes, later: int, later_root: bytes, proof: Sequence[bytes], of: TreeHash = SHA256
) -> bool:
    """Tell whether the tree of ``later`` leaves is the one of ``earlier`` leaves, grown (RFC 9162, 2.1.4.2)."""
    if not 0 <= earlier <= later or len(proof) > LONGEST_PROOF:
        return False
    if earlier == later:
        return not proof and earlier_root == later_root
    if earlier == 0:
        return not proof and earlier_root == empty_root(of)
    path = list(proof)
    if earlier & (earlier - 1) == 0:
        path.insert(0, earlier_root)
    if not path:
        return False
    at, last = earlier - 1, later - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for beside in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(beside, old, of), node_hash(beside, new, of)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, beside, of)
        at, last = at >> 1, last >> 1
    return last == 0 and old == earlier_root and new == later_root


@dataclass(slots=True)
class Tree:
    """A tree held in memory: a batch, a file, a test. ``levels[0]`` are the leaves' hashes, and so upwards."""

    levels: list[list[bytes]]
    of: TreeHash

    @classmethod
    def over(cls, leaves: Iterable[bytes], of: TreeHash = SHA256) -> Tree:
        """Return the tree over the data of ``leaves``."""
        return cls.of_hashes([leaf_hash(data, of) for data in leaves], of)

    @classmethod
    def of_hashes(cls, hashes: Sequence[bytes], of: TreeHash = SHA256) -> Tree:
        """Return the tree over leaves whose hashes these are."""
        levels = [list(hashes)]
        while len(levels[-1]) > 1:
            levels.append(parents(levels[-1], of))
        return cls(levels, of)

    @property
    def size(self) -> int:
        return len(self.levels[0])

    @property
    def root(self) -> bytes:
        return root(self._node, self.size, self.of)

    def inclusion(self, index: int) -> list[bytes]:
        return inclusion_proof(self._node, index, self.size, self.of)

    def consistency(self, earlier: int) -> list[bytes]:
        return consistency_proof(self._node, earlier, self.size, self.of)

    def _node(self, level: int, index: int) -> bytes:
        return self.levels[level][index]


@dataclass(slots=True)
class Frontier:
    """The complete nodes that a tree of ``size`` leaves ends with, largest first: all that is needed to go on."""

    nodes: list[bytes]
    size: int
    of: TreeHash

    @classmethod
    def at(cls, node: Node, size: int, of: TreeHash = SHA256) -> Frontier:
        found, first = [], 0
        for level in range(size.bit_length() - 1, -1, -1):
            if size >> level & 1:
                found.append(node(level, first >> level))
                first += 1 << level
        return cls(found, size, of)

    def append(self, leaf: bytes) -> None:
        """Take the next leaf's hash: one hash more on the average."""
        grown, joined = self.size + 1, leaf
        while grown & 1 == 0:
            joined = node_hash(self.nodes.pop(), joined, self.of)
            grown >>= 1
        self.nodes.append(joined)
        self.size += 1

    @property
    def root(self) -> bytes:
        if not self.nodes:
            return empty_root(self.of)
        joined = self.nodes[-1]
        for left in self.nodes[-2::-1]:
            joined = node_hash(left, joined, self.of)
        return joined


def parents(nodes: Sequence[bytes], of: TreeHash = SHA256) -> list[bytes]:
    """Return the complete nodes one level up; one that has no neighbour yet has none."""
    return [node_hash(nodes[at], nodes[at + 1], of) for at in range(0, len(nodes) - 1, 2)]


def _split(many: int) -> int:
    """Return the largest power of two below ``many``, which is 2 or more."""
    return 1 << (many - 1).bit_length() - 1
