"""A watch list of any size, made inside the database: skewed as real ones are, the same rows every time.

One department holds 30 %, its matters follow a steep curve. The first 60 % are a stock that was taken over county by
county within five days; one county and one matter exist only there, and nothing of that county changed since.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg

from bench.ground import Ground
from services.migrating import migrate

DEPARTMENT = "113709000000000000"
MATTERS = [f"{number:012d}" for number in range(60)]
ABOLISHED_MATTER, LONG_TERM_MATTER, COMMON_MATTER, RARE_MATTER = MATTERS[2], MATTERS[0], MATTERS[1], MATTERS[59]
OLD_COUNTY = "370901"
COUNTIES = [f"3709{number:02d}" for number in range(2, 13)]
CITY = "3709"
BIG_PARTY = "md5('big')::uuid"
MEMORY = "SET maintenance_work_mem = '512MB'"

CHANCE = """
CREATE FUNCTION chance(i bigint, seed bigint) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT ((hashint8extended(i, seed) >> 11) & ((1::bigint << 52) - 1)) / (2 ^ 52) $$
"""

FILL = """
INSERT INTO watch_list
SELECT '1137090000' || lpad(d::text, 8, '0'), md5('p' || i)::uuid,
    CASE WHEN chance(i, 9) < .9 THEN 'lead' ELSE 'co' END,
    CASE WHEN s < .88 THEN 'valid' WHEN s < .96 THEN 'surrendered' WHEN s < .965 THEN 'revoked'
         WHEN s < .968 THEN 'annulled' WHEN s < .975 THEN 'withdrawn' WHEN s < .995 THEN 'refused'
         ELSE 'retracted' END,
    lpad((d * 100 + m)::text, 12, '0'),
    '3709' || lpad((county + 1)::text, 2, '0')
        || CASE WHEN chance(i, 4) < .7 THEN '' ELSE lpad((1 + floor(13 * chance(i, 5)))::text, 3, '0') || '000' END,
    '县级', CASE WHEN chance(i, 6) < .004 THEN md5('big')::uuid
                 ELSE md5('q' || floor(:n * .4 * chance(i, 7)))::uuid END,
    '法人及非法人组织', '虚构第' || (i % 99991) || '号有限公司', 'XK' || i, '食品经营许可证',
    '许准字〔2024〕第' || i || '号', day,
    CASE WHEN m % 4 = 0 THEN NULL
         WHEN m % 4 = 1 THEN make_date(extract(year FROM day)::int + 1 + (i % 3)::int, 12, 31)
         ELSE day + 365 * (1 + 2 * (i % 3)::int) END,
    'permit_granted', day, '11370900MB2800000X', '虚构市行政审批服务局', i % 10 = 0, opening, i, 1, 1, listed, listed,
    CASE WHEN opening AND county > 0 AND chance(i, 8) < .3
         THEN timestamptz '2023-01-01' + chance(i, 10) * (now() - timestamptz '2023-01-01') ELSE listed END
FROM (
    SELECT i, d, opening, listed, chance(i, 2) AS s, CASE WHEN NOT opening AND m = 2 THEN 3 ELSE m END AS m,
        CASE WHEN opening THEN floor(12 * i / (:n * 0.6))::int
             ELSE 1 + floor(11 * chance(i, 11) ^ 1.5)::int END AS county,
        CASE WHEN opening THEN date '2018-01-01' + floor(1800 * chance(i, 12))::int ELSE listed::date END AS day
    FROM (
        SELECT i, i < :n * 0.6 AS opening,
            CASE WHEN chance(i, 1) < .3 THEN 0 ELSE 1 + floor(39 * chance(i, 13) ^ 2)::int END AS d,
            floor(CASE WHEN chance(i, 1) < .3 THEN 60 ELSE 20 END * chance(i, 3) ^ 2)::int AS m,
            CASE WHEN i < :n * 0.6
                 THEN timestamptz '2022-12-01' + (i / 1000) * 1000 / (:n * 0.6) * interval '5 days'
                 ELSE timestamptz '2023-01-01'
                     + ((i / 1000) * 1000 - :n * 0.6) / (:n * 0.4) * (now() - timestamptz '2023-01-01') END AS listed
        FROM generate_series(:first, :last) AS g (i)) AS numbered) AS chosen
"""


def filled(ground: Ground, permits: int) -> str:
    """Return the address of a database with ``permits`` permits, made once for all that ask."""
    name = f"bench_watch_list_{permits}"
    with ground.connect("postgres") as connection:
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
    if not there:
        ground.create(name, "template_supervision")
        try:
            fill(ground.url(name).replace("+psycopg", ""), permits)
        except Exception:
            ground.drop(name)  # a half-filled one would answer quickly in the next run
            raise
    migrate(ground.url(name), "supervision")
    return ground.url(name)


def fill(url: str, permits: int) -> None:
    """Fill the empty ``watch_list`` of the migrated database at ``url`` (psycopg's), indexes last, and analyse it."""
    with psycopg.connect(url, autocommit=True) as connection:
        indexes = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'watch_list' AND indexname <> %s",
            ("watch_list_pkey",),
        ).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        connection.execute("ALTER TABLE watch_list DROP CONSTRAINT watch_list_pkey")
        connection.execute(CHANCE)
        half = permits // 2
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda part: _fill_part(url, permits, *part), [(0, half - 1), (half, permits - 1)]))
        connection.execute(MEMORY)
        connection.execute("ALTER TABLE watch_list ADD PRIMARY KEY (department, permit)")
        for _, definition in indexes:
            connection.execute(definition)
        connection.execute("VACUUM (ANALYZE) watch_list")
        connection.execute("CHECKPOINT")


def _fill_part(url: str, permits: int, first: int, last: int) -> None:
    statement = FILL.replace(":first", str(first)).replace(":last", str(last)).replace(":n", str(permits))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
