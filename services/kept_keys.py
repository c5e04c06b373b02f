"""The keys of a site, and the register of who was erased: in no backup of the databases, for it must not open them.

Which there are, for whoever copies them by hand; and whether those that are here fit the databases that came back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import psycopg

from services.access.entrance_key import fits_accounts
from services.approval.erasing import not_registered
from services.approval.master_key import open_master_key
from services.checkpoints.signing_keys import fits_checkpoints
from services.migrating import Side
from services.settings import Settings, SettingsWrong
from services.trouble import Trouble
from services.webhooks.sealing_key import fits_endpoints


class KeysMissing(Trouble):
    """Databases came back, and what opens or signs for them did not: a line for each, with what follows."""


def kept_apart(settings: Settings) -> dict[str, Path | None]:
    """Return what to copy by hand beside each backup, by its name for operators: its place, whether it is there or not,
    and None where production demands a place and no setting names one. No copy is left unmade for that."""
    found = {"主密钥": _place(lambda: settings.key_file)}
    for side in ("approval", "supervision"):
        found[f"检查点签名密钥（{side}）"] = _place(partial(settings.signing_key_file, side))
    may_be = {
        "动态口令密钥": _place(lambda: settings.entrance_key),
        "回调密钥": _place(lambda: settings.webhook_key),
        "已删除个人信息登记": _place(lambda: settings.erasures_file),
    }
    return found | {name: place for name, place in may_be.items() if place and place.exists()}


def _place(named: Callable[[], Path]) -> Path | None:
    try:
        return named()
    except SettingsWrong:
        return None


def key_faults(settings: Settings, sides: Mapping[Side, psycopg.Connection]) -> Iterator[str]:
    """Yield, of each key that the databases of ``sides`` need and that is not here or is another, what is the matter
    and what follows."""
    for side, connection in sorted(sides.items()):
        for check, follows in _checks(settings, side, connection):
            try:
                check()
            except Trouble as wrong:
                yield f"{wrong} ({follows})"


def _checks(
    settings: Settings, side: Side, connection: psycopg.Connection
) -> Iterator[tuple[Callable[[], object], str]]:
    if side == "approval":
        yield lambda: open_master_key(settings.key_file, connection), "until then the approval side does not start"
        lacks = "until then who was erased since the backup can be read again"
        yield lambda: _has_register(settings.erasures_file, connection), lacks
    yield (
        lambda: fits_checkpoints(settings.signing_key_file(side), connection),
        f"until then no checkpoint of {side} is signed",
    )
    yield (
        lambda: fits_accounts(settings.entrance_key, connection),
        f"until then nobody with a one-time code gets in to {side}",
    )
    yield lambda: fits_endpoints(settings.webhook_key, connection), f"until then every webhook of {side} waits"


def _has_register(register: Path, connection: psycopg.Connection) -> None:
    if lacking := not_registered(connection, register):
        raise Trouble(
            f"the register of erasures {register} lacks {lacking} that the database knows of: put back your newest "
            "copy of it, then `linkage erasures again`"
        )
