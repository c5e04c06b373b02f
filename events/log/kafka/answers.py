"""Does a Kafka broker answer, and let us in? Asked before a client is opened: a client that finds no broker, or is not
let in, leaves a thread and three sockets behind, and a night of it would leave thousands."""

from __future__ import annotations

import socket
import ssl
import struct
from typing import Protocol

from kafka.errors import SaslAuthenticationFailedError, UnsupportedSaslMechanismError
from kafka.net.sasl import get_sasl_mechanism

from events.log.access import Brokers, Secured, addresses

CLIENT = b"linkage"
API_VERSIONS, SASL_HANDSHAKE, SASL_AUTHENTICATE = (18, 0), (17, 1), (36, 0)


class Line(Protocol):
    def write(self, said: bytes, /) -> int: ...
    def flush(self) -> None: ...
    def read(self, count: int, /) -> bytes: ...


def answers(host: str, port: int, timeout: float = 2.0, access: Secured | None = None) -> bool:
    """Return whether a broker answers the question that opens every connection, and lets us in by ``access``.

    Raises when somebody is there who refuses us, or whom we must not believe: ``SaslAuthenticationFailedError``,
    ``UnsupportedSaslMechanismError``, ``ssl.SSLCertVerificationError``.
    """
    tls = access.tls() if access else None
    try:
        with (
            socket.create_connection((host, port), timeout=timeout) as bare,
            tls.wrap_socket(bare, server_hostname=host) if tls else bare as connection,
            connection.makefile("rwb") as line,
        ):
            _ask(line, API_VERSIONS, b"")
            if access and access.asks_for_a_name:
                _give_name(line, access, host)
            return True
    except ssl.SSLCertVerificationError:
        raise
    except (OSError, EOFError):
        return False


def any_answers(brokers: Brokers, timeout: float = 2.0) -> bool:
    """Return whether one of ``brokers`` answers; raises as ``answers`` does."""
    access = brokers if isinstance(brokers, Secured) else None
    places = (address.rsplit(":", 1) for address in addresses(brokers))
    return any(answers(host, int(port), timeout, access) for host, port in places)


def _give_name(line: Line, access: Secured, host: str) -> None:
    wanted = access.mechanism.encode()
    answer = _ask(line, SASL_HANDSHAKE, struct.pack(f">h{len(wanted)}s", len(wanted), wanted))
    if struct.unpack_from(">h", answer)[0]:
        raise UnsupportedSaslMechanismError(access.mechanism)
    talk = get_sasl_mechanism(access.mechanism)(
        host=host,
        security_protocol=access.protocol,
        sasl_mechanism=access.mechanism,
        sasl_plain_username=access.user,
        sasl_plain_password=access.password,
    )
    while not talk.is_done():
        said = talk.auth_bytes()
        answer = _ask(line, SASL_AUTHENTICATE, struct.pack(f">i{len(said)}s", len(said), said))
        refused, length = struct.unpack_from(">hh", answer)
        if refused:
            raise SaslAuthenticationFailedError(access.user)
        talk.receive(answer[8 + max(0, length) :])


def _ask(line: Line, question: tuple[int, int], body: bytes) -> bytes:
    """Send one request and return its answer, without what says which question it belongs to."""
    head = struct.pack(f">hhih{len(CLIENT)}s", *question, 1, len(CLIENT), CLIENT)
    line.write(struct.pack(">i", len(head) + len(body)) + head + body)
    line.flush()
    (length,) = struct.unpack(">i", _exactly(line, 4))
    if length < 4:
        raise EOFError
    # Where TLS is spoken and we do not, the "length" is an alert; what it announces never comes.
    return _exactly(line, length)[4:]


def _exactly(line: Line, count: int) -> bytes:
    read = line.read(count)
    if len(read) < count:
        raise EOFError
    return read
