"""The site's own log-in (统一身份认证): OpenID Connect, a code with PKCE (RFC 7636, OIDC Core 3.1).

What comes back is believed only when the provider's key signed it, for us, for this one visit, and lately.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx2
import structlog
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.pages.seats import Role
from services.problems import Problem

log = structlog.get_logger()

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""Fixed here: a token does not choose how it is checked (RFC 8725, 3.1). No shared secrets, no ``none``."""
LEEWAY_SECONDS = 30
_TIMEOUT = 10.0


def provider_away() -> Problem:
    return Problem(
        503,
        "provider_away",
        "暂时无法登录",
        "统一身份认证没有应答。已经登录的人不受影响。",
        "请稍后重试；若持续如此，请联系运维人员。",
    )


def not_believed() -> Problem:
    return Problem(
        401,
        "not_signed_in",
        "没有登录成功",
        "统一身份认证的答复没有通过核对，或者已经用过一次。",
        "请重新登录。若持续如此，请联系运维人员。",
    )


def no_place() -> Problem:
    return Problem(
        403,
        "no_place_here",
        "您在本系统没有岗位",
        "统一身份认证没有给出一个本侧的岗位、相应的部门和工号，或者同时给出了几个岗位。",
        "请向本单位的统一身份认证管理人员申请。",
    )


def too_weak() -> Problem:
    return Problem(
        403,
        "log_in_too_weak",
        "登录方式的强度不够",
        "统一身份认证已确认您的身份，但没有使用本系统要求的登录方式（例如第二因素）。",
        "请在统一身份认证中改用要求的方式（如动态口令、数字证书）后重新登录。",
    )


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the provider vouches for. ``subject``: its own name for them."""

    subject: str
    staff: str
    role: Role
    body: str


@dataclass(frozen=True, slots=True)
class SettingOut:
    """One visit to the provider: where to, and what must come back with it."""

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Provider:
    """``claims``: which claim says ``staff``, ``role`` and ``body``. ``roles``: our role for each value of that claim;
    empty: the values are our own words for them. ``keys``: the one address keys are taken from; a token names none.
    ``acr``: strengths of a log-in that are enough; empty: any. ``amr``: ways to show who one is; a token must say
    all."""

    issuer: str
    authorization: str
    token: str
    keys: str
    client: str
    secret: str
    claims: Mapping[str, str]
    roles: Mapping[str, Role] = field(default_factory=dict)
    acr: Sequence[str] = ()
    amr: frozenset[str] = frozenset()

    def set_out(self, back: str) -> SettingOut:
        """Begin a visit that comes back to the address ``back``."""
        nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        with self._speaking(back) as speaking:
            asked = {"acr_values": " ".join(self.acr)} if self.acr else {}
            address, state = speaking.create_authorization_url(
                self.authorization, code_verifier=verifier, nonce=nonce, **asked
            )
        return SettingOut(address, state, nonce, verifier)

    def arrived(self, code: str, out: SettingOut, back: str, now: datetime) -> Person:
        """Return who came back with ``code``. Raises a problem: the provider is away, or is not believed."""
        try:
            with self._speaking(back) as speaking:
                told = speaking.fetch_token(self.token, code=code, code_verifier=out.verifier)
            with httpx2.Client(timeout=_TIMEOUT, trust_env=False) as client:
                keys = client.get(self.keys).raise_for_status().json()
        except httpx2.HTTPError as error:
            log.warning("provider_away", error=type(error).__name__)
            raise provider_away() from None
        except (OAuthError, ValueError) as error:
            log.warning("provider_refused", error=type(error).__name__)
            raise not_believed() from None
        return self.person(self.checked(str(told.get("id_token", "")), keys, out.nonce, now))

    def checked(self, token: str, keys: Mapping[str, Any], nonce: str, now: datetime) -> Mapping[str, Any]:
        """Return the claims of an id token that holds (OIDC Core, 3.1.3.7)."""
        must = jwt.JWTClaimsRegistry(
            now=lambda: int(now.timestamp()), leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.issuer}, aud={"essential": True, "value": self.client},
            exp={"essential": True}, iat={"essential": True}, sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )  # fmt: skip
        try:
            claims = jwt.decode(token, KeySet.import_key_set({"keys": keys["keys"]}), algorithms=ALGORITHMS).claims
            must.validate(claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            log.warning("provider_not_believed", error=type(error).__name__)
            raise not_believed() from None
        audience = claims["aud"]
        if claims.get("azp", self.client) != self.client or (isinstance(audience, list) and len(audience) > 1):
            log.warning("provider_not_believed", error="for others too")
            raise not_believed()
        self._must_be_strong(claims)
        return claims

    def _must_be_strong(self, claims: Mapping[str, Any]) -> None:
        """Raise the problem of a log-in that was not as strong as it must be (OIDC Core, 2: acr, amr). Asking for it is
        not enough: a provider may answer with less."""
        ways = claims.get("amr")
        said = {str(one) for one in ways} if isinstance(ways, list) else set()
        if (self.acr and claims.get("acr") not in self.acr) or not self.amr <= said:
            log.warning("provider_log_in_too_weak")
            raise too_weak()

    def person(self, claims: Mapping[str, Any]) -> Person:
        """Read who somebody is here: exactly one role, for whoever has two must not choose one unseen."""
        given = claims.get(self.claims["role"])
        said = {str(one) for one in (given if isinstance(given, list) else [given]) if one}
        known = {role.value: role for role in Role} if not self.roles else self.roles
        roles = {known[one] for one in said if one in known}
        staff, body = claims.get(self.claims["staff"]), claims.get(self.claims["body"])
        if len(roles) != 1 or not isinstance(staff, str):
            raise no_place()
        (role,) = roles
        return Person(str(claims["sub"]), staff, role, str(body or "") if role.of_a_body else "")

    def _speaking(self, back: str) -> OAuth2Client:
        return OAuth2Client(
            self.client, self.secret, token_endpoint_auth_method="client_secret_basic",  # noqa: S106 - how it is sent
            scope="openid profile",
            redirect_uri=back, code_challenge_method="S256", timeout=_TIMEOUT, trust_env=False,
        )  # fmt: skip
