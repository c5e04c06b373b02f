"""The entrance of a side, made of its settings."""

from __future__ import annotations

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


def entrance_of_settings(side: str, settings: Settings, engine: Engine, registry: CollectorRegistry) -> Entrance:
    """Make the entrance of ``side``, over its own database ``engine``; ``registry`` shows what it refused."""
    if settings.entrance == "open":
        return OPEN
    key = open_entrance_key(settings.entrance_key)
    provider = provider_of(settings) if settings.entrance == "oidc" else None
    signing_in = SigningIn(
        engine, side, key, settings.public_url(side) or "", provider, own_words=settings.password_words.split()
    )  # fmt: skip
    rates = rates_of(settings, DoorMetrics(registry).note)
    programs = (by_key(engine), by_certificate(engine)) if settings.tls_clients_file else (by_key(engine),)
    return Entrance((*programs, signing_in.by_session), rates=rates, signing_in=signing_in)


def provider_of(settings: Settings) -> Provider:
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
        acr=tuple(settings.oidc_acr.split()),
        amr=frozenset(settings.oidc_amr.split()),
    )
