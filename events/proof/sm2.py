"""SM2 signatures with SM3 (GB/T 32918.2, GB/T 35275 signer id), by GmSSL: the optional extra ``linkage[gm]``.

Software on a server is no certified cipher product (密评, GB/T 39786); where one is asked for, its own signer takes
this one's place behind ``signing.Signer``.
"""

from __future__ import annotations

from types import ModuleType
from typing import cast

SECRET_LENGTH = 96
SIGNER_ID = b"1234567812345678"
"""What GB/T 35275 says where two parties agreed on nothing else; OpenSSL calls it ``distid``."""


class Missing(Exception):
    """The library is not installed here."""

    def __init__(self) -> None:
        super().__init__("SM2 needs the extra: pip install 'linkage[gm]'")


def _gmssl() -> ModuleType:
    # Asked for when it is used: a site without state algorithms does not have it.
    try:
        import gmssl_pyx
    except ImportError:
        raise Missing from None
    return cast(ModuleType, gmssl_pyx)


def new_secret() -> bytes:
    """Return a new key: 32 bytes private, then x and y of its point (GmSSL computes no point from a private key)."""
    public, private = _gmssl().sm2_key_generate()
    return bytes(private) + bytes(public)


def sign(private: bytes, public: bytes, message: bytes) -> bytes:
    """Return r and s in DER."""
    return bytes(_gmssl().sm2_sign(private, public, message, signer_id=SIGNER_ID))


def verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    gmssl = _gmssl()
    try:
        return bool(gmssl.sm2_verify(public, message, signature, signer_id=SIGNER_ID))
    except gmssl.GmsslInnerError:
        return False
