"""The settings that say how often one may ask."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

AMinute = Annotated[int, Field(ge=0, le=1_000_000)]


class Asking(StrEnum):
    """ANY: whatever is asked. SEARCH: looking a party up by its number, or seeing what is hidden. LOGIN: trying to log
    in. FAILED: showing a key that opens nothing."""

    ANY = "any"
    SEARCH = "search"
    LOGIN = "login"
    FAILED = "failed"


class RateSettings(BaseSettings):
    """Part of all settings. They count behind a log-in alone: at an open door everybody is nobody."""

    requests_a_minute: AMinute = Field(
        1200,
        validation_alias="LINKAGE_REQUESTS_A_MINUTE",
        description="How many requests a minute one key, account or (of whoever is nobody yet) address may make of a "
        "side's web service. 0: as many as it likes.",
    )
    searches_a_minute: AMinute = Field(
        30,
        validation_alias="LINKAGE_SEARCHES_A_MINUTE",
        description="How many of them may look a party up by its number, or show what is hidden. 0: as many.",
    )
    logins_a_minute: AMinute = Field(
        10,
        validation_alias="LINKAGE_LOGINS_A_MINUTE",
        description="How often a minute an address may try to log in, and how many keys that open nothing it may show. "
        "0: as often.",
    )
