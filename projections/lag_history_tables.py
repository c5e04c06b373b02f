"""The tables of ``projections.lag_history``, alike on both sides."""

from __future__ import annotations

LAG_HISTORY_1 = """
CREATE TABLE lag_days (
    projection text NOT NULL,
    day date NOT NULL,
    worst_seconds double precision NOT NULL,
    worst_events bigint NOT NULL,
    PRIMARY KEY (projection, day)
);
COMMENT ON TABLE lag_days IS 'the worst lag of each day (China); a page need not read a million samples';

CREATE TABLE lag_incidents (
    projection text NOT NULL,
    began_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    ended_at timestamptz,
    status text NOT NULL,
    stage text NOT NULL,
    worst_seconds double precision NOT NULL,
    worst_events bigint NOT NULL,
    unmeasured boolean NOT NULL DEFAULT false,
    PRIMARY KEY (projection, began_at)
);
COMMENT ON TABLE lag_incidents IS 'spans in which a projection was not level; status and stage at the worst';
CREATE UNIQUE INDEX lag_incidents_open ON lag_incidents (projection) WHERE ended_at IS NULL;

INSERT INTO lag_days (projection, day, worst_seconds, worst_events)
SELECT projection, (at AT TIME ZONE 'Asia/Shanghai')::date, max(seconds), max(events) FROM lag_samples GROUP BY 1, 2;
"""

LAG_HISTORY_2 = """
ALTER TABLE lag_incidents ADD COLUMN departments text[], ADD COLUMN permits bigint;
COMMENT ON COLUMN lag_incidents.permits IS 'how many came late to one of the departments; NULL where nobody counts';
"""
