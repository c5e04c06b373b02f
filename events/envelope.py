"""The envelope of every event: CloudEvents 1.0 attributes, the stream's version, and the digest that the chain covers.

An event is three things apart: its attributes, its public ``data`` (canonical JSON, RFC 8785 key order), and its
``personal`` part, already encrypted when it gets here. The digest covers the *digest of the ciphertext*, so that
destroying a key, or the ciphertext itself, leaves every proof valid.
"""

from __future__ import annotations

import hashlib
import os
import time
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson

NAMESPACE = UUID("6f1e0a52-3a0f-5d0e-9c43-5f0b6c1d7a11")
PARTITIONS = 64
"""How many partitions a ledger has. Fixed when the ledger is made: a stream must never change its partition."""


def canonical(value: Any) -> bytes:
    """Serialise ``value`` as canonical JSON: sorted keys, no white space, UTF-8."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def partition_of(stream: UUID) -> int:
    """Return the partition (0 … 63) of a stream: CRC-32 of its 16 bytes."""
    return zlib.crc32(stream.bytes) % PARTITIONS


def new_stream() -> UUID:
    """Return the opaque id of a new stream: a UUID of version 7 (RFC 9562), milliseconds first and 74 random bits.

    Ids that come in the order of time are written side by side in every index that has them. With random ones each
    batch dirties pages all over indexes that no memory holds, and a list of ten million permits is filled at half the
    speed.
    """
    drawn = int.from_bytes(os.urandom(10), "big")
    milliseconds = time.time_ns() // 1_000_000 & (1 << 48) - 1
    low = drawn & (1 << 62) - 1
    return UUID(int=milliseconds << 80 | 7 << 76 | (drawn >> 62 & 0xFFF) << 64 | 2 << 62 | low)


def event_id(source: str, stream: UUID, version: int) -> UUID:
    """Return the id of an event. It follows from where the event stands: a repeated append cannot get a second one."""
    return UUID(int=_event_number(source, str(stream), version))


_NAMESPACE_HASHED = hashlib.sha1(NAMESPACE.bytes, usedforsecurity=False)
_NEITHER_VERSION_NOR_VARIANT = ~(0xF000 << 64 | 0xC000 << 48)
_VERSION_5 = 0x5000 << 64 | 0x8000 << 48


def _event_number(source: str, stream: str, version: int) -> int:
    """Return the id of an event as a number: a UUID of version 5, whose namespace need not be hashed every time."""
    named = _NAMESPACE_HASHED.copy()
    named.update(f"{source}/{stream}/{version}".encode())
    return int.from_bytes(named.digest()[:16], "big") & _NEITHER_VERSION_NOR_VARIANT | _VERSION_5


def _event_text(source: str, stream: str, version: int) -> str:
    """Return the id of an event as text, without the detour of a UUID."""
    own = f"{_event_number(source, stream, version):032x}"
    return f"{own[:8]}-{own[8:12]}-{own[12:16]}-{own[16:20]}-{own[20:]}"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event that was decided and is not recorded yet.

    ``occurred_at`` is the legal time (the decision's), with a zone; the recorded time is the database's and comes
    later. ``data`` is canonical JSON. ``personal`` is ciphertext or nothing.
    """

    stream: UUID
    version: int
    type: str
    schema: int
    occurred_at: datetime
    data: bytes
    personal: bytes | None = None
    correlation: UUID | None = None
    causation: UUID | None = None

    def digest(self, source: str) -> bytes:
        """Return the SHA-256 that the hash chain and every signature cover."""
        return digest_of(self, source)


@dataclass(frozen=True, slots=True)
class Record:
    """An event as the ledger of ``source`` recorded it, and as a log delivers it.

    ``position`` is dense in its source: 1, 2, 3 … without holes. ``cursor`` is where the log that delivered it stands
    *after* it in its partition (ledger: position + 1, Kafka: offset + 1); it has no meaning outside that log.
    """

    source: str
    position: int
    partition: int
    stream: UUID
    version: int
    type: str
    schema: int
    occurred_at: datetime
    recorded_at: datetime
    data: bytes
    personal: bytes | None = None
    correlation: UUID | None = None
    causation: UUID | None = None
    cursor: int = 0
    defect: str | None = None
    """Why the transport could not read it (never shown with its contents). Such a record can only be parked."""

    @property
    def id(self) -> UUID:
        return event_id(self.source, self.stream, self.version)

    def cloud_event(self) -> dict[str, str]:
        """Return the CloudEvents 1.0 attributes and the extensions this product adds, all as text."""
        stream = str(self.stream)
        attributes = {
            "specversion": "1.0",
            "id": _event_text(self.source, stream, self.version),
            "source": f"/linkage/{self.source}",
            "type": self.type,
            "subject": stream,
            "time": self.occurred_at.isoformat(),
            "datacontenttype": "application/json",
            "dataversion": str(self.schema),
            "streamversion": str(self.version),
            "ledgerposition": str(self.position),
            "recordedtime": self.recorded_at.isoformat(),
        }
        if self.correlation:
            attributes["correlationid"] = str(self.correlation)
        if self.causation:
            attributes["causationid"] = str(self.causation)
        return attributes


def digest_of(event: NewEvent | Record, source: str) -> bytes:
    """Return the SHA-256 of the canonical JSON of an event, its personal part replaced by the ciphertext's digest.

    Covered, in the order of canonical JSON: causation, correlation, data (the SHA-256 of its bytes), id, occurred_at
    (microseconds since 1970), personal (the SHA-256 of the ciphertext), schema, source, stream, type, version. The text
    is put together here, since a serialiser that sorts the same eleven keys anew costs half of every append.
    """
    stream = str(event.stream)
    personal = f'"{hashlib.sha256(event.personal).hexdigest()}"' if event.personal else "null"
    causation = f'"{event.causation}"' if event.causation else "null"
    correlation = f'"{event.correlation}"' if event.correlation else "null"
    covered = (
        f'{{"causation":{causation},"correlation":{correlation},"data":"{hashlib.sha256(event.data).hexdigest()}",'
        f'"id":"{_event_text(source, stream, event.version)}",'
        f'"occurred_at":{int(event.occurred_at.timestamp() * 1_000_000)},"personal":{personal},"schema":{event.schema},'
        f'"source":{quoted(source).decode()},"stream":"{stream}","type":{quoted(event.type).decode()},"version":{event.version}}}'
    )
    return hashlib.sha256(covered.encode()).digest()


@lru_cache(maxsize=1000)
def quoted(text: str) -> bytes:
    """Return ``text`` as JSON. For texts of which there are few: types, sources, codes of departments."""
    return canonical(text)


def link(previous: bytes, position: int, recorded_at: datetime, digest: bytes) -> bytes:
    """Return the hash of a ledger row: SHA-256 over the hash before it, its number, recorded time and digest."""
    return hashlib.sha256(previous + leaf(position, recorded_at, digest)).digest()


def links(position: int, previous: bytes, following: Iterable[tuple[datetime, bytes]]) -> tuple[list[int], list[bytes]]:
    """Return the numbers and the hashes of the rows that follow the one numbered ``position``, whose hash is
    ``previous``; of each its recorded time and digest are given."""
    positions, hashes = list[int](), list[bytes]()
    for recorded_at, digest in following:
        position += 1
        previous = link(previous, position, recorded_at, digest)
        positions.append(position)
        hashes.append(previous)
    return positions, hashes


def leaf(position: int, recorded_at: datetime, digest: bytes) -> bytes:
    """Return what a ledger row says of its own record, 48 bytes: number, recorded time (microseconds since 1970) and
    digest. A link of the chain covers it, and it is a leaf of the ledger's Merkle tree."""
    stamp = int(recorded_at.timestamp() * 1_000_000)
    return position.to_bytes(8, "big") + stamp.to_bytes(8, "big") + digest


GENESIS = bytes(32)
"""The hash before the first ledger row."""


def root_of(record: Record) -> UUID:
    """Return the event with which a record's way began: the one that caused it, else itself."""
    return record.causation or record.id


def trace_of(record: Record) -> UUID:
    """Return what a record's way is found by in traces: what it is correlated by, else where its way began."""
    return record.correlation or root_of(record)
