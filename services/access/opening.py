"""The entrance of a side, made of its settings; and why a site that counts must not be opened so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from services.access.entrance import OPEN, Entrance
from services.access.entrance_key import open_entrance_key
from services.access.key_door import by_certificate, by_key
from services.access.oidc import Provider
from services.access.rate_limits import rates_of
from services.access.signing_in import SigningIn
from services.counting import DoorMetrics
from services.entrance_settings import pairs
from services.pages.seats import Role
from services.settings import Settings, SettingsWrong

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PLAIN = 8
"""Fewer different digits than this no drawn key of 64 has."""


def entrance_of_settings(side: str, settings: Settings, engine: Engine, registry: CollectorRegistry) -> Entrance:
    """Make the entrance of ``side``, over its own database ``engine``; ``registry`` shows what it refused."""
    if settings.entrance == "open":
        return OPEN
    key = open_entrance_key(settings.entrance_key)
    provider = _provider(settings) if settings.entrance == "oidc" else None
    signing_in = SigningIn(
        engine, side, key, settings.public_url(side) or "", provider, own_words=settings.password_words.split()
    )  # fmt: skip
    rates = rates_of(settings, DoorMetrics(registry).note)
    programs = (by_key(engine), by_certificate(engine)) if settings.tls_clients_file else (by_key(engine),)
    return Entrance((*programs, signing_in.by_session), rates=rates, signing_in=signing_in)


def _provider(settings: Settings) -> Provider:
    assert settings.oidc_secret_file is not None
    try:
        secret = settings.oidc_secret_file.read_text().strip()
    except OSError as error:
        raise SettingsWrong(f"LINKAGE_OIDC_SECRET_FILE: the file cannot be read: {error.strerror}") from None
    return Provider(
        settings.oidc_issuer or "",
        settings.oidc_authorization_url or "",
        settings.oidc_token_url or "",
        settings.oidc_keys_url or "",
        settings.oidc_client or "",
        secret,
        pairs(settings.oidc_claims),
        {said: Role(role) for said, role in pairs(settings.oidc_roles).items()},
    )


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
    yield from _default_secrets(settings, sides)
    if (settings.data / "demo").exists() and not _own_databases(settings, sides):
        yield "LINKAGE_DATA: this folder holds the demo's invented city: give an empty one"
    if "supervision" in sides and _travels_plain(settings.approval_service_url):
        yield "APPROVAL_SERVICE_URL: keys of personal facts come from there: give https, or a name of this machine"
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
