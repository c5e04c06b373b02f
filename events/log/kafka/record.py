"""A record as Kafka carries it: CloudEvents 1.0 in binary mode, one header for each attribute.

The key is the stream, the value ``{"data": …, "personal": "<base64 of the ciphertext>"}`` in canonical JSON, never
empty. Key and headers hold nothing personal. What cannot be read comes back as a record with its ``defect`` named.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID, uuid5

import orjson

from events.envelope import NAMESPACE, Record, canonical, partition_of, trace_of

CONTENT_TYPE = b"application/json"

Headers = list[tuple[str, bytes]]

_TYPE = re.compile(r"[a-z][a-z0-9_.-]{0,99}")
_BIGGEST = {"ce_ledgerposition": 2**63 - 1, "ce_streamversion": 2**31 - 1, "ce_dataversion": 2**15 - 1}


def value_of(record: Record) -> bytes:
    """Return the value of a record. Its ``data`` is canonical already and goes in as it is."""
    if record.personal is None:
        return b'{"data":' + record.data + b"}"
    return b'{"data":' + record.data + b',"personal":"' + b64encode(record.personal) + b'"}'


def key_of(record: Record) -> bytes:
    return str(record.stream).encode()


def headers_of(record: Record) -> Headers:
    """Return the headers: the CloudEvents attributes, and a W3C ``traceparent`` that spans what is correlated."""
    attributes = record.cloud_event()
    del attributes["datacontenttype"]
    headers = [("ce_" + name, value.encode()) for name, value in attributes.items()]
    event = attributes["id"].replace("-", "")
    headers.append(("content-type", CONTENT_TYPE))
    headers.append(("traceparent", f"00-{trace_of(record).hex}-{event[:16]}-01".encode()))
    return headers


class _Defect(Exception):
    """What is wrong, by the name of the part. Never its contents: they may be personal."""


def decode(
    source: str,
    topic: str,
    partition: int,
    offset: int,
    timestamp: int,
    key: bytes | None,
    value: bytes | None,
    headers: Iterable[tuple[str, bytes]] | None,
) -> Record:
    """Return the record at ``offset``. ``timestamp`` is Kafka's own, in milliseconds, for a record without another.

    One that cannot be read has its ``defect`` set and the value as ``data``; its stream is the key when that is one,
    otherwise an id of its own, so that it holds up nobody else.
    """
    ce = dict(headers or ())
    try:
        return _decode(source, partition, offset, key, value, ce)
    except _Defect as defect:
        reason = str(defect)
    except KeyError as missing:
        reason = f"header {missing.args[0]} is missing"
    except (ValueError, UnicodeDecodeError):
        reason = "a header, or the key, is malformed"
    try:
        stream = UUID((key or b"").decode())
    except ValueError:
        stream = uuid5(NAMESPACE, f"{topic}/{partition}/{offset}")
    at = datetime.fromtimestamp(max(timestamp, 0) / 1000, UTC)
    return Record(
        source=source,
        position=_number(ce.get("ce_ledgerposition")),
        partition=partition,
        stream=stream,
        version=_number(ce.get("ce_streamversion")),
        type="unreadable",
        schema=0,
        occurred_at=at,
        recorded_at=at,
        data=value or b"",
        cursor=offset + 1,
        defect=reason,
    )


def _decode(
    source: str, partition: int, offset: int, key: bytes | None, value: bytes | None, ce: dict[str, bytes]
) -> Record:
    if key is None:
        raise _Defect("the key is missing")
    if ce["ce_specversion"] != b"1.0":
        raise _Defect("ce_specversion is not 1.0")
    if ce["ce_source"] != b"/linkage/" + source.encode():
        raise _Defect("ce_source is another source")
    if ce["ce_subject"] != key:
        raise _Defect("ce_subject is not the key")
    stream = UUID(key.decode())
    if partition_of(stream) != partition:
        raise _Defect("the stream belongs to another partition")
    data, personal = _parts(value)
    correlation = ce.get("ce_correlationid")
    causation = ce.get("ce_causationid")
    occurred_at = datetime.fromisoformat(ce["ce_time"].decode())
    recorded_at = datetime.fromisoformat(ce["ce_recordedtime"].decode())
    if occurred_at.tzinfo is None or recorded_at.tzinfo is None:
        raise _Defect("a time has no zone")
    position, version, schema = (_counted(ce, name) for name in _BIGGEST)
    kind = ce["ce_type"].decode()
    if not _TYPE.fullmatch(kind):
        raise _Defect("ce_type is not a name")
    return Record(
        source,
        position,
        partition,
        stream,
        version,
        kind,
        schema,
        occurred_at,
        recorded_at,
        data,
        personal,
        UUID(correlation.decode()) if correlation else None,
        UUID(causation.decode()) if causation else None,
        offset + 1,
    )


def _parts(value: bytes | None) -> tuple[bytes, bytes | None]:
    """Return data and ciphertext. Data that stand in the value canonically are cut out byte by byte, not made anew."""
    if not value:
        raise _Defect("the value is empty")
    try:
        body = orjson.loads(value)
    except orjson.JSONDecodeError:
        raise _Defect("the value is not JSON") from None
    if not isinstance(body, dict) or "data" not in body or not body.keys() <= {"data", "personal"}:
        raise _Defect("the value is not data and personal")
    said = body.get("personal")
    tail = b"}"
    personal = None
    if said is not None:
        try:
            personal = b64decode(said, validate=True)
        except (NotBase64, TypeError, ValueError):
            raise _Defect("personal is not base64") from None
        tail = b',"personal":"' + said.encode() + b'"}'
    if value.startswith(b'{"data":') and value.endswith(tail):
        data = value[8 : -len(tail)]
        if data == data.strip():
            return data, personal
    return canonical(body["data"]), personal


def _counted(ce: dict[str, bytes], name: str) -> int:
    """Return a number from 1 on that the database can hold: any other would be refused again each time it is parked."""
    text = ce[name]
    if not (text.isdigit() and len(text) < 20 and 1 <= int(text) <= _BIGGEST[name]):
        raise _Defect(f"{name} is not a number that counts something")
    return int(text)


def _number(text: bytes | None) -> int:
    return int(text) if text is not None and text.isdigit() and len(text) < 10 else 0
