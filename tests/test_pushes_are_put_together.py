"""What is put together from pieces for speed is, to the byte, what the serialiser would have written."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import orjson
from hypothesis import given
from hypothesis import strategies as st

from docs import golden
from events.catalogue import decode, encode
from events.envelope import NewEvent, Record, canonical, event_id, new_stream
from events.supervision import DutyAssigned, Mode, PushMade, Role
from projections.listed_decision import read_decision
from services.supervision import pushing
from services.supervision.duty_list import Duty
from services.supervision.pushing import Push, Reached

NOW = datetime(2026, 11, 24, 4, 0, 0, 7, tzinfo=UTC)
GRANT = canonical(orjson.loads((golden.FOLDER / "events/permit_granted.v2.json").read_bytes()))

moments = st.datetimes(min_value=datetime(1970, 1, 2), timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))]))  # noqa: DTZ001
departments = st.text(alphabet='ABCX0189"\\部', min_size=1, max_size=18)


@given(
    at=moments,
    receivers=st.lists(st.builds(Reached, departments, st.sampled_from(Role), st.integers(1, 10**9)), max_size=4),
    left=st.lists(departments, max_size=2),
    limit=st.none() | st.integers(1, 30),
    covered=st.booleans(),
    stock=st.booleans(),
)
def test_a_push_says_what_its_model_says(
    at: datetime, receivers: list[Reached], left: list[str], limit: int | None, covered: bool, stock: bool
) -> None:
    content = DutyAssigned(
        matter_code="000131000056", region_code="990100", level="*", lead="X", claim_limit_days=limit,
        mode=Mode.ON_SIGNING, valid_from=date(2020, 1, 1),
    )  # fmt: skip
    data = canonical(orjson.loads(GRANT) | {"opening_stock": stock})
    record = Record("approval", 5, 0, new_stream(), 1, "permit_granted", 2, at, at, data)
    duty = Duty(UUID(int=3), 2, content) if covered else None
    push = Push(record.stream, 4, record, read_decision("permit_granted", 2, data), {}, tuple(left), duty, "decision")
    event = pushing.event(push, receivers, 17, NOW)
    said = decode(event.type, event.schema, event.data)
    assert isinstance(said, PushMade)
    modelled = orjson.loads(encode(said)[2])
    modelled["decision"]["recorded_at"] = at.isoformat()  # the model would write Z for +00:00
    assert event.data == canonical(modelled)
    assert [(one.department, one.role, one.push_number) for one in said.receivers] == receivers
    assert (said.left, said.register_version, said.opening_stock) == (tuple(left), 17, stock)
    assert (said.duty, said.mode, said.claim_limit_days) == (
        (duty.id, Mode.ON_SIGNING, limit) if duty else (None, None, None)
    )
    assert canonical(said.decision.payload) == data
    assert event.causation == record.id


@given(
    occurred_at=moments,
    kind=st.text(),
    source=st.text(),
    schema=st.integers(1, 9),
    personal=st.none() | st.binary(min_size=1),
    linked=st.none() | st.uuids(),
)
def test_the_digest_covers_the_canonical_json_of_the_event(
    occurred_at: datetime, kind: str, source: str, schema: int, personal: bytes | None, linked: UUID | None
) -> None:
    stream = new_stream()
    event = NewEvent(stream, 3, kind, schema, occurred_at, GRANT, personal, linked, linked)
    covered = {
        "id": str(event_id(source, stream, 3)),
        "source": source,
        "stream": str(stream),
        "version": 3,
        "type": kind,
        "schema": schema,
        "occurred_at": int(occurred_at.timestamp() * 1_000_000),
        "correlation": str(linked) if linked else None,
        "causation": str(linked) if linked else None,
        "data": hashlib.sha256(GRANT).hexdigest(),
        "personal": hashlib.sha256(personal).hexdigest() if personal else None,
    }
    assert event.digest(source) == hashlib.sha256(canonical(covered)).digest()


def test_new_streams_come_in_the_order_of_time_and_are_uuids_of_version_7() -> None:
    made = [new_stream() for _ in range(1000)]
    assert len(set(made)) == 1000
    assert all(one.version == 7 and one.variant == "specified in RFC 4122" for one in made)
    milliseconds = [one.int >> 80 for one in made]
    assert milliseconds == sorted(milliseconds)
    assert abs(milliseconds[0] / 1000 - datetime.now(UTC).timestamp()) < 60
