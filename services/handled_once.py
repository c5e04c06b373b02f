"""A request is handled once: in one transaction, decided anew when others came first, and its first answer kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine

from events.answered import Answered, Name, first_answers, keep_answers
from events.database import raw
from events.envelope import canonical
from events.store import VersionConflict
from services.access.rows import all_rows
from services.refusing import SAME_KEY_OTHER_CONTENT, Refused, Rule

ATTEMPTS = 5
BUSY = Rule("busy", "该事项正被其他人同时办理。", "请稍后重试。")

Answer = dict[str, Any]


def handled_once(engine: Engine, name: Name, asked: Any, attempt: Callable[[Connection], Answer]) -> Answer:
    """Return what ``attempt`` answers, or the first answer that was given under ``name``, marked as a repeat.

    ``asked`` is what the answer is to, as JSON; it must hold nothing personal, for its digest is not keyed. A
    ``Refused`` leaves nothing behind, and is not kept: what was asked may be asked again once it is allowed.
    ``attempt`` sees the rows of whoever asks; where its effects go beyond them it says so, once it is admitted.
    """
    request = hashlib.sha256(canonical(asked)).digest()
    for _ in range(ATTEMPTS):
        try:
            with engine.begin() as transaction:
                earlier = _first(transaction, name)
                if earlier is not None:
                    if earlier.request != request:
                        raise Refused(SAME_KEY_OTHER_CONTENT)
                    return earlier.answer | {"repeated": True}
                answer = attempt(transaction)
                if name[1]:
                    with all_rows(raw(transaction)):
                        keep_answers(raw(transaction), {name: Answered(request, answer)})
                return answer
        except VersionConflict:
            continue
    raise Refused(BUSY)


def _first(transaction: Connection, name: Name) -> Answered | None:
    if not name[1]:
        return None
    with all_rows(raw(transaction)):
        return first_answers(raw(transaction), [name]).get(name)
