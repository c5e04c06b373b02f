"""What stands without us: the Merkle tree over a ledger (RFC 6962), its signed heads, and the keys that sign them.

All of it is pure: bytes in, bytes out. ``tree`` has the tree and its proofs, ``canonical_json`` the one text of a JSON
value (RFC 8785), ``signing`` keys and signatures, ``sm2`` the state algorithm, ``checkpoint`` a signed head as a note.
"""
