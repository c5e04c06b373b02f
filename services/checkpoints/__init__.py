"""The Merkle tree over a side's ledger, its signed checkpoints, and those that were heard of the other side."""
