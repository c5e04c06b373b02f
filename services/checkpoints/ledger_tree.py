"""The Merkle tree over a ledger: complete nodes are kept from level 8 on, those below are computed from 256 rows.

An append costs nothing here: whoever leads the checkpoints reads what was numbered, block by block, and stores one row
for 256 records. A leaf is what a row says of its record (``events.envelope.leaf``): number, recorded time, digest.
"""

from __future__ import annotations

import secrets

import psycopg

from events import columns
from events.envelope import leaf
from events.proof.tree import Tree, TreeHash, consistency_proof, inclusion_proof, leaf_hash, node_hash, root

BLOCK_LEVEL = 8
BLOCK = 1 << BLOCK_LEVEL
BLOCKS_REMEMBERED = 64
AT_ONCE = 64
"""Blocks of one transaction: 16,384 records."""


class TreeBroken(Exception):
    """The ledger has a hole, or the tree lacks a node that it had: no root can be computed, and none is signed."""


class LedgerTree:
    """The tree as it stands. For one round or one request: it remembers the blocks that it has read."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        row = connection.execute("SELECT origin, hash, blocks FROM ledger_tree").fetchone()
        self.exists = row is not None
        self.origin, hashed, self._blocks = row or ("", TreeHash.SHA256, 0)
        self.hash = TreeHash(hashed)
        self._read: dict[int, Tree] = {}
        self._nodes: dict[tuple[int, int], bytes] = {}

    def root(self, size: int) -> bytes:
        return root(self.node, size, self.hash)

    def inclusion(self, position: int, size: int) -> list[bytes]:
        """Return the proof that the record numbered ``position`` is among the first ``size``."""
        return inclusion_proof(self.node, position - 1, size, self.hash)

    def consistency(self, earlier: int, later: int) -> list[bytes]:
        return consistency_proof(self.node, earlier, later, self.hash)

    def node(self, level: int, index: int) -> bytes:
        """Return a complete node, or raise ``TreeBroken``."""
        if level < BLOCK_LEVEL:
            shift = BLOCK_LEVEL - level
            nodes = self._block(index >> shift).levels
            at = index & (1 << shift) - 1
            if level >= len(nodes) or at >= len(nodes[level]):
                raise TreeBroken(f"no node {level}/{index}")
            return nodes[level][at]
        known = self._nodes.get((level, index))
        if known is None:
            row = self._connection.execute(
                "SELECT hash FROM ledger_tree_nodes WHERE level = %s AND index = %s", (level, index)
            ).fetchone()
            if row is None:
                raise TreeBroken(f"no node {level}/{index}")
            known = self._nodes[level, index] = bytes(row[0])
        return known

    def grow(self, head: int) -> None:
        """Store the nodes of every block that is full at ``head``, the ledger's last number."""
        while (self._blocks + 1) * BLOCK <= head:
            until = min(head // BLOCK, self._blocks + AT_ONCE)
            with self._connection.transaction():
                self._store(until)
                self._connection.execute("UPDATE ledger_tree SET blocks = %s", (until,))
            self._blocks = until

    def _store(self, until: int) -> None:
        leaves = leaves_between(self._connection, self._blocks * BLOCK, until * BLOCK, self.hash)
        if len(leaves) != (until - self._blocks) * BLOCK:
            raise TreeBroken(f"rows are missing before {until * BLOCK}")
        stored: dict[tuple[int, int], bytes] = {}
        for block in range(self._blocks, until):
            first = (block - self._blocks) * BLOCK
            joined = Tree.of_hashes(leaves[first : first + BLOCK], self.hash).root
            level, index = BLOCK_LEVEL, block
            stored[level, index] = joined
            while index & 1:
                left = stored.get((level, index - 1)) or self.node(level, index - 1)
                joined = node_hash(left, joined, self.hash)
                level, index = level + 1, index >> 1
                stored[level, index] = joined
        self._connection.execute(
            """INSERT INTO ledger_tree_nodes (level, index, hash)
               SELECT * FROM unnest(%s::smallint[], %s::bigint[], %s::bytea[])""",
            (
                columns.smallints(level for level, _ in stored),
                columns.bigints(index for _, index in stored),
                columns.blobs(stored.values()),
            ),
        )

    def _block(self, block: int) -> Tree:
        found = self._read.get(block)
        if found is None:
            while len(self._read) >= BLOCKS_REMEMBERED:
                del self._read[next(iter(self._read))]
            leaves = leaves_between(self._connection, block * BLOCK, (block + 1) * BLOCK, self.hash)
            found = self._read[block] = Tree.of_hashes(leaves, self.hash)
        return found


def begin_tree(connection: psycopg.Connection, side: str, hashed: TreeHash) -> LedgerTree:
    """Return the tree of a ledger, named and given its hash for ever when there is none yet.

    The name is the ledger's own: one that was made anew must not be taken for the one before.
    """
    connection.execute(
        "INSERT INTO ledger_tree (origin, hash) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        (f"linkage-{secrets.token_hex(4)}/{side}", hashed),
    )
    return LedgerTree(connection)


def leaves_between(connection: psycopg.Connection, after: int, until: int, hashed: TreeHash) -> list[bytes]:
    """Return the leaves' hashes of the records numbered ``after + 1`` … ``until``, or as far as the ledger goes;
    also to a role that may read the content of some of them only."""
    rows = connection.execute(
        "SELECT position, recorded_at, digest FROM ledger_leaves(%s, %s)",
        (after, until),
        binary=True,
    ).fetchall()
    if rows and rows[-1][0] - after != len(rows):
        raise TreeBroken(f"a hole after {after}")
    return [leaf_hash(leaf(*row), hashed) for row in rows]
