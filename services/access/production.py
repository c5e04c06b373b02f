"""Why a site that counts (``LINKAGE_MODE=production``) must not be opened with these settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from services.settings import Settings, SettingsWrong

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PLAIN = 8
"""Fewer different digits than this no drawn key of 64 has."""


def refuse_unfit(
    settings: Settings, sides: Iterable[str], *, signing: Iterable[str] = (), webhooks: bool = False
) -> None:
    """Raise ``SettingsWrong`` with all that must not be so where ``LINKAGE_MODE`` is production, before anything is
    opened. ``sides``: whose web services are to start here; ``signing``: whose checkpoints are to be signed here;
    ``webhooks``: whether they are sent from here."""
    if settings.mode == "production":
        faults = [*_unfit(settings, sorted(sides)), *_unnamed_keys(settings, sorted(signing), webhooks)]
        if faults:
            raise SettingsWrong("\n".join(faults))


def _unnamed_keys(settings: Settings, signing: list[str], webhooks: bool) -> Iterator[str]:
    """Lost with the folder that nobody chose: checkpoints would be signed no more, webhooks wait."""
    places: list[Callable[[], Path]] = [partial(settings.signing_key_file, side) for side in signing]
    if webhooks:
        places.append(lambda: settings.webhook_key)
    yield from dict.fromkeys(str(wrong) for place in places if (wrong := _refusal(place)))


def _refusal(place: Callable[[], Path]) -> SettingsWrong | None:
    try:
        place()
    except SettingsWrong as wrong:
        return wrong
    return None


def _unfit(settings: Settings, sides: list[str]) -> Iterator[str]:
    if not sides:
        return
    if settings.entrance == "open":
        yield "LINKAGE_ENTRANCE: production takes nobody's word: give accounts or oidc"
    for side in sides:
        if not (settings.public_url(side) or "").startswith("https:"):
            yield (
                f"{side.upper()}_PUBLIC_URL: production is reached by https: give the address at which your gateway "
                "ends TLS"
            )
        if getattr(settings, f"{side}_database_url") and not getattr(settings, f"{side}_web_database_url"):
            yield (
                f"{side.upper()}_WEB_DATABASE_URL: the database is to keep the rows of bodies apart: give its address "
                "for the role linkage_web, which owns nothing"
            )
    yield from _default_secrets(settings, sides)
    if (settings.data / "demo").exists() and not _own_databases(settings, sides):
        yield "LINKAGE_DATA: this folder holds the demo's invented city: give an empty one"
    if "supervision" in sides and _travels_plain(settings.approval_service_url):
        yield "APPROVAL_SERVICE_URL: keys of personal facts come from there: give https, or a name of this machine"
    if settings.audit_syslog and _travels_plain(settings.audit_syslog.replace("tls:", "https:")):
        yield "LINKAGE_AUDIT_SYSLOG: the trail would travel in clear: give tls://, or a collector on this machine"
    for name in ("oidc_authorization_url", "oidc_token_url", "oidc_keys_url") if settings.entrance == "oidc" else ():
        if _travels_plain(getattr(settings, name)):
            yield f"LINKAGE_{name.upper()}: give https"


def _default_secrets(settings: Settings, sides: list[str]) -> Iterator[str]:
    if "supervision" in sides and settings.approval_service_key_file is None:
        yield "APPROVAL_SERVICE_KEY_FILE: the approval side asks who comes: give the key of this service"
    places: dict[str, Callable[[], Path]] = {"LINKAGE_ENTRANCE_KEY_FILE": lambda: settings.entrance_key}
    if "approval" in sides:
        places["LINKAGE_MASTER_KEY_FILE"] = lambda: settings.key_file
    for name, place in places.items():
        if wrong := _refusal(place):
            yield str(wrong)
        elif (path := place()).exists() and len(set(path.read_text().strip())) < _PLAIN:
            yield f"{name}: this key was not drawn by chance: make one with `openssl rand -hex 32`"


def _own_databases(settings: Settings, sides: list[str]) -> bool:
    return all(getattr(settings, f"{side}_database_url") for side in sides)


def _travels_plain(url: str | None) -> bool:
    """Whether what goes there can be read on the way: by http to another machine. A name without a dot is a
    container's, on this one."""
    if url is None or url.startswith("https:"):
        return False
    host = urlsplit(url).hostname or ""
    return host not in _LOOPBACK and ("." in host or ":" in host)
