"""Why a site that counts (``LINKAGE_MODE=production``) must not be opened with these settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from services.settings import Settings, SettingsWrong

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PLAIN = 8
"""Fewer different digits than this no drawn key of 64 has."""


def refuse_unfit(settings: Settings, sides: Iterable[str]) -> None:
    """Raise ``SettingsWrong`` with all that must not be so where ``LINKAGE_MODE`` is production, before anything is
    opened. ``sides``: whose web services are to start here."""
    if settings.mode == "production" and (wrong := "\n".join(_unfit(settings, sorted(sides)))):
        raise SettingsWrong(wrong)


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
    named: dict[str, Path | None] = {"LINKAGE_ENTRANCE_KEY_FILE": settings.entrance_key_file}
    if "supervision" in sides and settings.approval_service_key_file is None:
        yield "APPROVAL_SERVICE_KEY_FILE: the approval side asks who comes: give the key of this service"
    if "approval" in sides:
        named["LINKAGE_MASTER_KEY_FILE"] = settings.master_key_file
    for name, path in named.items():
        if path is None:
            yield f"{name}: production keeps this key in a place of its own: give a file, and keep a copy elsewhere"
        elif path.exists() and len(set(path.read_text().strip())) < _PLAIN:
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
