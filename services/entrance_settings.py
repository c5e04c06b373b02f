"""The settings of the entrance: who is let in, by which address, and whether this is a site that counts."""

from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_settings import BaseSettings

from services.pages.seats import Role
from services.setting_kinds import GatewayUrl, ServiceUrl


def _networks(given: str) -> str:
    try:
        for one in given.split(","):
            ip_network(one.strip())
    except ValueError:
        raise ValueError("give addresses or networks, separated by commas: 127.0.0.1,10.1.0.0/28") from None
    return given


def _pairs(given: str) -> str:
    if not all(left and right for left, _, right in (one.partition("=") for one in given.split())):
        raise ValueError("give pairs, separated by spaces: staff=employee_number role=post")
    return given


def pairs(given: str) -> dict[str, str]:
    """Return ``a=1 b=2`` as a mapping."""
    return {left: right for left, _, right in (one.partition("=") for one in given.split())}


class EntranceSettings(BaseSettings):
    """Part of all settings."""

    mode: Literal["trial", "production"] = Field(
        "trial",
        validation_alias="LINKAGE_MODE",
        description="production: a web service starts only behind a log-in, with keys of its own, reached by https; no "
        "key is made in a place that no setting names.",
    )
    entrance: Literal["open", "accounts", "oidc"] = Field(
        "open",
        validation_alias="LINKAGE_ENTRANCE",
        description="Who is let in: open (a demo: everybody's word is taken), accounts (kept here, with password and "
        "one-time code) or oidc (the site's own log-in).",
    )
    entrance_key_file: Path | None = Field(
        None,
        validation_alias="LINKAGE_ENTRANCE_KEY_FILE",
        description="64 hexadecimal digits that seal what one-time codes are made of; each side may have its own. "
        "Without it: entrance.key in the data folder, made at the first start; production demands it.",
    )
    password_words: str = Field(
        "",
        validation_alias="LINKAGE_PASSWORD_WORDS",
        description="Names of the site's own (its town, its departments, in characters and in pinyin), separated by "
        "spaces, of which no password is made; beside those that the service knows.",
    )
    approval_public_url: ServiceUrl | None = Field(
        None,
        validation_alias="APPROVAL_PUBLIC_URL",
        description="Where browsers reach the approval side: https://host, where a gateway ends TLS. Without it: by "
        "plain HTTP, on this machine.",
    )
    supervision_public_url: ServiceUrl | None = Field(
        None, validation_alias="SUPERVISION_PUBLIC_URL", description="The same for the supervision side."
    )
    gateway: Annotated[str, AfterValidator(_networks)] = Field(
        "127.0.0.1",
        validation_alias="LINKAGE_GATEWAY",
        description="Addresses of the gateway: what these say about who asks (X-Forwarded-For) is believed.",
    )
    approval_service_key_file: Path | None = Field(
        None,
        validation_alias="APPROVAL_SERVICE_KEY_FILE",
        description="Machine key that the supervision side shows there (`linkage keys add --side approval --service "
        "--action resolve-parties`), where the approval side has a log-in.",
    )
    oidc_issuer: GatewayUrl | None = Field(
        None, validation_alias="LINKAGE_OIDC_ISSUER", description="The provider's name, as its tokens say it (iss)."
    )
    oidc_authorization_url: GatewayUrl | None = Field(
        None, validation_alias="LINKAGE_OIDC_AUTHORIZATION_URL", description="Where it asks people who they are."
    )
    oidc_token_url: GatewayUrl | None = Field(
        None, validation_alias="LINKAGE_OIDC_TOKEN_URL", description="Where a code is exchanged for a token."
    )
    oidc_keys_url: GatewayUrl | None = Field(
        None,
        validation_alias="LINKAGE_OIDC_KEYS_URL",
        description="Where its public keys are (jwks_uri); they are taken from nowhere else.",
    )
    oidc_client: str | None = Field(
        None, validation_alias="LINKAGE_OIDC_CLIENT", description="What this service is called there (client_id)."
    )
    oidc_secret_file: Path | None = Field(
        None,
        validation_alias="LINKAGE_OIDC_SECRET_FILE",
        description="File with its password there, readable by nobody else.",
    )
    oidc_claims: Annotated[str, AfterValidator(_pairs)] = Field(
        "staff=preferred_username role=role body=body",
        validation_alias="LINKAGE_OIDC_CLAIMS",
        description="Which of its claims say staff number, role and body.",
    )
    oidc_roles: Annotated[str, AfterValidator(_pairs)] = Field(
        "",
        validation_alias="LINKAGE_OIDC_ROLES",
        description="Our role for each of its values: approver=clerk inspector=officer. Without it: its values are "
        "clerk, officer, policy, coordinator, leader, operator, sysadmin, secadmin, auditadmin.",
    )

    oidc_acr: str = Field(
        "",
        validation_alias="LINKAGE_OIDC_ACR",
        description="Which strengths of its log-in (acr) are enough, separated by spaces, as the provider names them; "
        "they are asked for, and a token that says none of them is refused. Without it: any.",
    )
    oidc_amr: str = Field(
        "",
        validation_alias="LINKAGE_OIDC_AMR",
        description="Which ways to show who one is (amr, RFC 8176) a token must say, all of them, separated by spaces: "
        "pwd otp. Without it: none in particular.",
    )

    @model_validator(mode="after")
    def _entrance_is_of_a_piece(self) -> Self:
        if wrong := "\n".join(_wrong_entrance(self)):
            raise ValueError(wrong)
        return self

    def public_url(self, side: str) -> str | None:
        return self.approval_public_url if side == "approval" else self.supervision_public_url


def _wrong_entrance(settings: EntranceSettings) -> Iterator[str]:
    if missing := {"staff", "role", "body"} - pairs(settings.oidc_claims).keys():
        yield f"LINKAGE_OIDC_CLAIMS: say which claim is {' and '.join(sorted(missing))}"
    if unknown := set(pairs(settings.oidc_roles).values()) - {role.value for role in Role}:
        yield f"LINKAGE_OIDC_ROLES: there is no role {' and no role '.join(sorted(unknown))}"
    if settings.entrance != "oidc":
        return
    needed = (
        "oidc_issuer", "oidc_authorization_url", "oidc_token_url", "oidc_keys_url", "oidc_client", "oidc_secret_file",
    )  # fmt: skip
    for name in needed:
        if getattr(settings, name) is None:
            yield f"LINKAGE_{name.upper()}: give it, or another LINKAGE_ENTRANCE than oidc"
