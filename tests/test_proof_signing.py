"""A signature holds for one message, one key, and the time that key was valid; by either algorithm."""

from __future__ import annotations

import base64
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from shutil import which

import pytest
from cryptography.hazmat.primitives import serialization

from events.proof import sm2
from events.proof.checkpoint import Checkpoint, NoCheckpoint, check_note, read_note, signed
from events.proof.signing import (
    Algorithm,
    Ed25519Signer,
    KeyRing,
    PublicKey,
    SignatureWrong,
    Signer,
    new_secret,
    signer,
)
from events.proof.tree import TreeHash

NOW = datetime(2026, 11, 28, 8, tzinfo=UTC)
ROOT = bytes(range(32))
HEAD = Checkpoint("linkage/approval", 1234, ROOT, NOW)
BOTH = pytest.mark.parametrize("algorithm", list(Algorithm))


def fresh(
    algorithm: Algorithm = Algorithm.ED25519, name: str = "linkage/approval", until: datetime | None = None
) -> Signer:
    return signer(name, algorithm, new_secret(algorithm), NOW - timedelta(days=1), until)


# RFC 8032, 7.1, tests 1 to 3: secret, public, message, signature.
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("secret", "public", "message", "signature"), RFC_8032)
def test_ed25519_signs_as_rfc_8032_says(secret: str, public: str, message: str, signature: str) -> None:
    one = signer("someone", Algorithm.ED25519, bytes.fromhex(secret), NOW)
    assert one.key.public.hex() == public
    assert one.sign(bytes.fromhex(message)).hex() == signature
    assert one.key.verifies(bytes.fromhex(message), bytes.fromhex(signature))


def test_the_signature_that_the_national_standard_prints_is_right_and_for_no_other_message() -> None:
    """GB/T 32918.5, A.2."""
    public = bytes.fromhex(
        "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
        "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
    )
    r = bytes.fromhex("f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3")
    s = bytes.fromhex("b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa")
    signature = bytes.fromhex("3046022100") + r + bytes.fromhex("022100") + s
    key = PublicKey("someone", Algorithm.SM2, public, NOW)
    assert key.verifies(b"message digest", signature)
    assert not key.verifies(b"message digesT", signature)


@pytest.mark.skipif(which("openssl") is None, reason="OpenSSL's program is not installed")
def test_what_we_sign_by_sm2_openssl_finds_right_and_a_changed_message_wrong(tmp_path: Path) -> None:
    one = fresh(Algorithm.SM2)
    (tmp_path / "message").write_bytes(b"who was told what, when")
    (tmp_path / "signature").write_bytes(one.sign(b"who was told what, when"))
    (tmp_path / "key.pem").write_bytes(one.key.pem)

    def openssl_agrees() -> bool:
        asked = ["dgst", "-sm3", "-sigopt", "distid:1234567812345678", "-verify", "key.pem", "-signature", "signature"]
        return subprocess.run(["openssl", *asked, "message"], cwd=tmp_path, capture_output=True).returncode == 0

    assert openssl_agrees()
    (tmp_path / "message").write_bytes(b"who was told what, then")
    assert not openssl_agrees()


@BOTH
def test_one_changed_byte_of_message_or_signature_or_another_key_is_found(algorithm: Algorithm) -> None:
    one, other = fresh(algorithm), fresh(algorithm)
    signature = one.sign(b"message")
    assert one.key.verifies(b"message", signature)
    assert not one.key.verifies(b"messagE", signature)
    assert not other.key.verifies(b"message", signature)
    for at in range(len(signature)):
        changed = bytearray(signature)
        changed[at] ^= 1
        assert not one.key.verifies(b"message", bytes(changed))
    for no_signature in (b"", b"0", signature[:-1], b"\xff" * 200):
        assert not one.key.verifies(b"message", no_signature)


def test_a_key_counts_while_it_is_valid_and_not_before_and_after() -> None:
    one = fresh(until=NOW + timedelta(days=1))
    ring = KeyRing([one.key])
    signature = one.sign(b"message")
    assert ring.check(one.key.id, b"message", signature, NOW) == one.key
    for at in (NOW - timedelta(days=2), NOW + timedelta(days=1)):
        with pytest.raises(SignatureWrong, match="not_valid_then"):
            ring.check(one.key.id, b"message", signature, at)
    with pytest.raises(SignatureWrong, match="unknown_key"):
        KeyRing([]).check(one.key.id, b"message", signature, NOW)
    with pytest.raises(SignatureWrong, match="wrong_signature"):
        ring.check(one.key.id, b"another", signature, NOW)


def test_a_secret_shows_itself_nowhere() -> None:
    secret = new_secret(Algorithm.SM2)
    one = signer("someone", Algorithm.SM2, secret, NOW)
    assert secret[:32].hex() not in repr(one)
    assert repr(secret[:32]) not in repr(one)
    with pytest.raises(ValueError, match="no secret of ed25519"):
        signer("someone", Algorithm.ED25519, secret, NOW)


def test_without_the_extra_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gmssl_pyx", None)
    with pytest.raises(sm2.Missing, match=r"linkage\[gm\]"):
        new_secret(Algorithm.SM2)


@BOTH
@pytest.mark.parametrize("hashed", list(TreeHash))
def test_a_checkpoint_is_read_as_it_was_signed(algorithm: Algorithm, hashed: TreeHash) -> None:
    one = fresh(algorithm)
    head = Checkpoint("linkage/approval", 0, ROOT, NOW, hashed)
    assert check_note(signed(head, one), KeyRing([one.key])) == (head, [one.key])


def test_a_checkpoint_is_a_note_that_others_read() -> None:
    """C2SP signed-note: the key hash is SHA-256(name, line feed, 0x01, public key), its first four bytes."""
    secret, public, _, _ = (bytes.fromhex(text) for text in RFC_8032[0])
    one = signer("linkage/approval", Algorithm.ED25519, secret, NOW)
    lines = signed(HEAD, one).split("\n")
    assert lines[:6] == [
        "linkage/approval",
        "1234",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "hash sha256",
        "time 2026-11-28T08:00:00Z",
        "",
    ]
    dash, name, said = lines[6].split(" ")
    assert (dash, name, lines[7:]) == ("—", "linkage/approval", [""])
    assert base64.b64decode(said)[:4] == sha256(b"linkage/approval\n\x01" + public).digest()[:4]
    assert base64.b64decode(said)[4:] == one.sign(("\n".join(lines[:5]) + "\n").encode())


def test_any_changed_letter_of_a_checkpoint_is_found() -> None:
    one = fresh()
    note = signed(HEAD, one)
    ring = KeyRing([one.key])
    for at in range(len(note)):
        for letter in ("0", "A", "\n", " "):
            if note[at] != letter:
                with pytest.raises((NoCheckpoint, SignatureWrong)):
                    check_note(note[:at] + letter + note[at + 1 :], ring)


def test_a_signature_of_a_stranger_beside_the_known_one_is_passed_over_and_alone_it_counts_for_nothing() -> None:
    one, stranger = fresh(), fresh(name="elsewhere")
    assert check_note(signed(HEAD, stranger, one), KeyRing([one.key]))[1] == [one.key]
    with pytest.raises(SignatureWrong, match="unknown_key"):
        check_note(signed(HEAD, stranger), KeyRing([one.key]))


@pytest.mark.parametrize("text", ["", "\n\n", "a\n1\n", "x" * 5000])
def test_what_is_no_checkpoint_is_called_so(text: str) -> None:
    with pytest.raises(NoCheckpoint):
        read_note(text)


def test_the_key_is_given_in_a_form_that_any_program_reads() -> None:
    one = fresh()
    assert isinstance(one, Ed25519Signer)
    read = serialization.load_pem_public_key(one.key.pem)
    assert read.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw) == one.key.public
