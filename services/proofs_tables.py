"""The tables of ``services.proofs`` and ``services.ledger_walks``, alike on both sides."""

from __future__ import annotations

PROOFS_1 = """
CREATE TABLE proofs (
    kind text NOT NULL,
    began_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    night date,
    wrong bigint NOT NULL,
    said jsonb NOT NULL,
    PRIMARY KEY (kind, began_at)
);
CREATE UNIQUE INDEX proofs_night ON proofs (kind, night);
COMMENT ON COLUMN proofs.night IS 'the day in China on which it was due; NULL for one by hand';

CREATE TABLE ledger_faults (
    kind text PRIMARY KEY,
    found bigint NOT NULL
);
COMMENT ON TABLE ledger_faults IS 'places that walks along the ledger found, a place as often as it was found';
"""
