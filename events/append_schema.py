"""How an event gets into the store: the function that every append calls, in two halves. What a later migration asks
before anything is taken stands between them."""

from __future__ import annotations

APPEND_BEGINS = """
CREATE OR REPLACE FUNCTION append_events(
    p_lane smallint, p_stream uuid[], p_version integer[], p_type text[], p_schema smallint[],
    p_occurred timestamptz[], p_data text[], p_personal bytea[], p_correlation uuid[], p_causation uuid[],
    p_digest bytea[], p_recorded timestamptz DEFAULT NULL
) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    v_new integer;
    v_known integer;
    v_streams integer;
    v_now timestamptz := coalesce(p_recorded, clock_timestamp());
BEGIN
"""
APPEND_GOES_ON = """    -- One event, the common command: without sets, sorts and counts it costs a third.
    IF cardinality(p_stream) = 1 THEN
        IF p_version[1] = 1 THEN
            INSERT INTO streams (stream, version) VALUES (p_stream[1], 1) ON CONFLICT DO NOTHING;
        ELSE
            UPDATE streams SET version = p_version[1] WHERE stream = p_stream[1] AND version = p_version[1] - 1;
        END IF;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'version conflict' USING ERRCODE = 'LK001';
        END IF;
        INSERT INTO outbox (lane, stream, version, type, schema, occurred_at, recorded_at, data, personal, correlation,
                            causation, digest)
            VALUES (p_lane, p_stream[1], p_version[1], p_type[1], p_schema[1], p_occurred[1], v_now, p_data[1],
                    p_personal[1], p_correlation[1], p_causation[1], p_digest[1]);
        RETURN v_now;
    END IF;
    INSERT INTO streams (stream, version)
        SELECT s, max(v) FROM unnest(p_stream, p_version) AS t (s, v) GROUP BY s HAVING min(v) = 1 ORDER BY s
        ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS v_new = ROW_COUNT;
    UPDATE streams SET version = t.last
        FROM (SELECT s, min(v) AS first, max(v) AS last FROM unnest(p_stream, p_version) AS t (s, v)
              GROUP BY s HAVING min(v) > 1 ORDER BY s) AS t
        WHERE streams.stream = t.s AND streams.version = t.first - 1;
    GET DIAGNOSTICS v_known = ROW_COUNT;
    SELECT count(DISTINCT s) INTO v_streams FROM unnest(p_stream) AS t (s);
    IF v_new + v_known <> v_streams THEN
        RAISE EXCEPTION 'version conflict' USING ERRCODE = 'LK001';
    END IF;
    INSERT INTO outbox (lane, stream, version, type, schema, occurred_at, recorded_at, data, personal, correlation,
                        causation, digest)
        SELECT p_lane, s, v, ty, sc, oc, v_now, da, pe, co, ca, di
        FROM unnest(p_stream, p_version, p_type, p_schema, p_occurred, p_data, p_personal, p_correlation, p_causation,
                    p_digest) WITH ORDINALITY AS t (s, v, ty, sc, oc, da, pe, co, ca, di, n)
        ORDER BY n;
    RETURN v_now;
END $$;
"""
