"""The rebuild of the watch lists: begun, paused, gone on with, compared, exchanged and put away by an operator.

The scheduler does the work, a second's at a time (``Rebuilding``): whatever is killed, the next leader goes on where
the database says. Who asked for what, and when, is kept.
"""

from __future__ import annotations

import time
from datetime import datetime

import orjson
import psycopg

from projections import rebuild
from services.rebuild_state import Rebuild, State, newest
from services.refusing import Refused, Rule

SLICE_SECONDS = 1.0
"""How long the scheduler works at it before it looks at the clock again."""


NONE_AT_WORK = Rule("no_rebuild", "没有进行中的重建。", "请先开始重建。")
ONE_AT_WORK = Rule("rebuild_at_work", "已有一次重建未结束。", "请先切换或结束这一次，再开始新的重建。")
NOT_READY = Rule("rebuild_not_ready", "新名单尚未建完。", "请待进度到 100% 并完成比较后再切换。")
NOT_THERE = Rule("rebuild_not_switched", "当前未使用新名单，无须切回。", "请刷新本页查看现在的状态。")
NOT_LEVEL = Rule("rebuild_not_level", "新名单还差得较多，未切换。", "追平须调度程序在运行；请稍后再试。")
HELD = Rule(
    "rebuild_list_held", "名单正被长时间占用，未切换；读写未受影响。", "请稍后再试；反复出现时检查数据库中的长事务。"
)
OTHER_COLUMNS = Rule(
    "rebuild_other_release",
    "两份名单的结构或权限不同，未切换：重建开始后升级过版本，或有人改动过。",
    "请结束这一次，重新开始重建。",
)


def begin(connection: psycopg.Connection, by: str) -> None:
    """Begin a rebuild, in the caller's transaction; the scheduler goes on with it."""
    _alone(connection)
    last = newest(connection)
    if last is not None and last.state != State.ENDED:
        raise Refused(ONE_AT_WORK)
    number = last.number + 1 if last else 1
    rebuild.drop_other(connection)
    rebuild.create_other(connection)
    connection.execute(
        """INSERT INTO rebuilds (number, state, begun_by, begun_at, since, expected)
           SELECT %s, 'filling', %s, clock_timestamp(), position, (SELECT count(*) FROM placements) FROM ledger_head""",
        (number, by),
    )
    _note(connection, number, "begin", by)


def pause(connection: psycopg.Connection, by: str, *, paused: bool) -> None:
    one = _at_work(connection)
    if one.paused != paused:
        connection.execute("UPDATE rebuilds SET paused = %s WHERE number = %s", (paused, one.number))
        _note(connection, one.number, "pause" if paused else "resume", by)


def compare_again(connection: psycopg.Connection, by: str) -> None:
    """Have the two lists compared as they are now; the scheduler does it."""
    one = _at_work(connection)
    if one.filled_at is None:
        raise Refused(NOT_READY)
    connection.execute("UPDATE rebuilds SET comparison = NULL WHERE number = %s", (one.number,))
    _note(connection, one.number, "compare", by)


def switch(connection: psycopg.Connection, by: str, *, back: bool = False) -> None:
    """Have the other list read from now on, or again the one before; in the caller's transaction."""
    one = _at_work(connection)
    if back and one.state != State.SWITCHED:
        raise Refused(NOT_THERE)
    if not back and (one.state != State.READY or one.comparison is None):
        raise Refused(NOT_READY)
    try:
        since = rebuild.exchange(connection, one.since)
    except OverflowError:
        raise Refused(NOT_LEVEL) from None
    except LookupError:
        raise Refused(OTHER_COLUMNS) from None
    except psycopg.errors.LockNotAvailable:
        raise Refused(HELD) from None
    state = State.READY if back else State.SWITCHED
    connection.execute("UPDATE rebuilds SET state = %s, since = %s WHERE number = %s", (state, since, one.number))
    _note(connection, one.number, "back" if back else "switch", by)


def end(connection: psycopg.Connection, by: str) -> None:
    """Put the rebuild away: the list that is not read is dropped, and there is no way back."""
    one = _at_work(connection)
    rebuild.drop_other(connection)
    connection.execute(
        "UPDATE rebuilds SET state = 'ended', ended_at = clock_timestamp() WHERE number = %s", (one.number,)
    )
    _note(connection, one.number, "end", by)


class Rebuilding:
    """An ``Ending`` of the scheduler: works at the rebuild that was begun, about a second at a time."""

    def end(self, connection: psycopg.Connection, now: datetime) -> int:
        began = time.monotonic()
        done = 0
        while time.monotonic() - began < SLICE_SECONDS:
            with connection.transaction():
                worked = self._work(connection)
            done += worked
            if not worked:
                break
        return done

    def _work(self, connection: psycopg.Connection) -> int:
        """Do the next piece in the caller's transaction; 0 when there is nothing to do."""
        one = newest(connection)
        if one is None or one.state == State.ENDED or one.paused:
            return 0
        one = _at_work(connection)  # an operator may have ended it in this moment
        if one.filled_at is None:
            return self._fill(connection, one)
        level = rebuild.level_next(connection, one.since)
        if level != one.since:
            connection.execute("UPDATE rebuilds SET since = %s WHERE number = %s", (level, one.number))
            return 1
        if one.comparison is None:
            found = orjson.dumps(rebuild.compare(connection, one.since)).decode()
            connection.execute(
                "UPDATE rebuilds SET comparison = %s, compared_at = clock_timestamp() WHERE number = %s",
                (found, one.number),
            )
            return 1
        return 0

    def _fill(self, connection: psycopg.Connection, one: Rebuild) -> int:
        began = time.monotonic()
        through, permits, rows = rebuild.fill_next(connection, one.through)
        if permits == 0 and not rebuild.index_next(connection):
            connection.execute(
                "UPDATE rebuilds SET state = 'ready', filled_at = clock_timestamp() WHERE number = %s", (one.number,)
            )
        connection.execute(
            """UPDATE rebuilds SET through = coalesce(%s, through), permits = permits + %s, rows = rows + %s,
                   worked = worked + make_interval(secs => %s) WHERE number = %s""",
            (through, permits, rows, time.monotonic() - began, one.number),
        )
        return 1


def _at_work(connection: psycopg.Connection) -> Rebuild:
    _alone(connection)
    one = newest(connection)
    if one is None or one.state == State.ENDED:
        raise Refused(NONE_AT_WORK)
    return one


def _alone(connection: psycopg.Connection) -> None:
    """Of two operators, and of an operator and the scheduler, one is first: the other sees what that one did."""
    connection.execute("LOCK TABLE rebuilds IN SHARE ROW EXCLUSIVE MODE")


def _note(connection: psycopg.Connection, number: int, step: str, by: str) -> None:
    connection.execute("INSERT INTO rebuild_steps VALUES (%s, clock_timestamp(), %s, %s)", (number, step, by))
