"""The tree and the key of a side, as the settings say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import psycopg
from cryptography import x509

from events.proof import sm2
from events.proof.signing import Algorithm, Signer
from events.proof.tree import TreeHash
from services.checkpoints.leading import OpenKey
from services.checkpoints.ledger_tree import LedgerTree, begin_tree
from services.checkpoints.signing_keys import open_signing_key
from services.checkpoints.time_stamps import Missing, ask, read_certificates
from services.migrating import Side
from services.settings import Settings
from services.trouble import WronglyAsked


def believed_by(settings: Settings) -> Sequence[x509.Certificate]:
    """Return the authorities whose time stamps this site believes; none where it names none."""
    if settings.tsa_certificates is None:
        return ()
    try:
        ask("is the library there?")
        return read_certificates(settings.tsa_certificates)
    except Missing as missing:
        raise WronglyAsked(str(missing)) from None
    except (OSError, ValueError):
        raise WronglyAsked("LINKAGE_TSA_CERTIFICATES_FILE: cannot be read, or holds no certificate") from None


def key_of(side: Side, settings: Settings) -> OpenKey:
    algorithm, path = settings.signing_algorithm, settings.signing_key_file(side)

    def opened(connection: psycopg.Connection, now: datetime) -> tuple[LedgerTree, Signer]:
        hashed = TreeHash.SM3 if algorithm is Algorithm.SM2 else TreeHash.SHA256
        tree = begin_tree(connection, side, hashed)
        try:
            return tree, open_signing_key(path, connection, tree.origin, algorithm, now)
        except sm2.Missing as missing:
            raise WronglyAsked(str(missing)) from None

    return opened
