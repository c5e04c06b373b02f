"""Time stamps by an authority (RFC 3161): asked for, and checked, by ``rfc3161-client``, the optional extra
``linkage[tsa]``.

A stamp says that a note was there at a time, as far as its authority is believed. Legal force has the stamp of an
accredited one alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import ModuleType

from cryptography import x509


class Missing(Exception):
    """The library is not installed here."""

    def __init__(self) -> None:
        super().__init__("time stamps need the extra: pip install 'linkage[tsa]'")


class StampWrong(Exception):
    """It is no stamp of this note by somebody who is believed. ``reason``: ``refused`` (the authority did),
    ``unreadable``, ``not_ours`` (of something else, or of another request), ``not_believed`` (signed by another)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


STAMP_WORDS: Mapping[str, str] = {
    "refused": "时间戳机构拒绝签发",
    "unreadable": "时间戳无法读取",
    "not_ours": "时间戳不是这个检查点的",
    "not_believed": "时间戳不是本侧认可的机构签发的",
    "rewritten": "账簿与加盖时间戳时的不同：记录被改动过",
    "unchecked": "没有设置认可的时间戳机构，未核验",
    "away": "连接不上时间戳机构",
    "no_certificates": "认可的时间戳机构证书无法读取",
}


@dataclass(frozen=True, slots=True)
class Stamped:
    """``at``: what the authority says. ``by``: the name in its certificate, or how it calls itself."""

    at: datetime
    serial: int
    by: str


@dataclass(frozen=True, slots=True)
class Asked:
    """``request``: what is sent, in DER. ``nonce``: what the answer must bear."""

    request: bytes
    nonce: int


def _client() -> ModuleType:
    # Asked for when it is used: a site without an authority does not have it.
    try:
        import rfc3161_client
    except ImportError:
        raise Missing from None
    return rfc3161_client


def read_certificates(path: Path) -> Sequence[x509.Certificate]:
    """Return the authorities that are believed; ``ValueError`` or ``OSError`` where there are none."""
    return x509.load_pem_x509_certificates(path.read_bytes())


def ask(note: str) -> Asked:
    """Return a request for a stamp over the SHA-256 of a note, with a nonce, that asks for the certificate too: whoever
    checks the stamp in ten years has it at hand."""
    client = _client()
    builder = client.TimestampRequestBuilder().data(note.encode()).hash_algorithm(client.HashAlgorithm.SHA256)
    request = builder.cert_request(cert_request=True).nonce(nonce=True).build()
    return Asked(request.as_bytes(), request.nonce)


def check(answer: bytes, note: str, believed: Sequence[x509.Certificate], nonce: int | None = None) -> Stamped:
    """Return what an answer of an authority (TimeStampResp, DER) proves of ``note``, or raise ``StampWrong``. Without
    ``nonce`` it may be of any request: one that was kept."""
    client = _client()
    try:
        response = client.decode_timestamp_response(answer)
        status = response.status
    except (ValueError, TypeError):
        raise StampWrong("unreadable") from None
    if status != 0:
        raise StampWrong("refused")
    try:
        info, bytes_of_note = response.tst_info, note.encode()
        if nonce is not None and info.nonce != nonce:
            raise StampWrong("not_ours")
        builder = client.VerifierBuilder()
        for one in believed:
            root = one.issuer == one.subject
            builder = builder.add_root_certificate(one) if root else builder.add_intermediate_certificate(one)
        builder.build().verify_message(response, bytes_of_note)
        leaf = next(iter(response.signed_data.signer_infos))
        return Stamped(info.gen_time, info.serial_number, _name(response, leaf.serial_number))
    except client.VerificationError as error:
        of_message = "messages" in str(error) or "algorithm" in str(error)
        raise StampWrong("not_ours" if of_message else "not_believed") from None
    except (ValueError, TypeError, StopIteration):
        raise StampWrong("unreadable") from None


def _name(response: object, serial: int) -> str:
    for der in response.signed_data.certificates:  # type: ignore[attr-defined]
        certificate = x509.load_der_x509_certificate(der)
        if certificate.serial_number == serial:
            return certificate.subject.rfc4514_string()
    return ""
