"""What a reader may ask of a list, as it comes in an address: checked, and made into the list's filters."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from projections.watch_list_filters import Filters, Standing
from services.supervision.wording import CHINA


def _empty_is_absent(given: Any) -> Any:
    """A form sends every field, also those that nobody filled in."""
    return None if given == "" else given


def _with_zone(given: Any) -> Any:
    """A day alone begins at midnight in China, and so does a time without a zone stand there."""
    if not isinstance(given, str) or not given:
        return _empty_is_absent(given)
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        return given
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)


MatterCode = Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,60}$")]
RegionCode = Annotated[str, Field(pattern=r"^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$")]
Days = Annotated[int, Field(ge=0, le=366)]
StreamAtVersion = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}@\d{1,9}$")]
Cursor = Annotated[str, Field(max_length=400)]


class Asked(BaseModel):
    """The filters of a list. An unknown one is refused: a misspelt filter must not show everything."""

    model_config = ConfigDict(extra="forbid")

    status: Annotated[
        Standing, BeforeValidator(lambda given: given or Standing.VALID), Field(description="Default: valid, 现行.")
    ] = Standing.VALID
    matter: Annotated[
        MatterCode | None, BeforeValidator(_empty_is_absent), Field(description="Matter code, exactly.")
    ] = None
    region: Annotated[
        RegionCode | None,
        BeforeValidator(_empty_is_absent),
        Field(description="Region of 2, 4, 6, 9 or 12 digits, with all that lies within."),
    ] = None
    party: Annotated[UUID | None, BeforeValidator(_empty_is_absent), Field(description="Opaque id of a party.")] = None
    expiring_within: Annotated[
        Days | None, BeforeValidator(_empty_is_absent), Field(description="Days from today; soonest end first.")
    ] = None
    changed_since: Annotated[
        datetime | None,
        BeforeValidator(_with_zone),
        Field(
            description="A day or a moment, included. To follow a list, ask with the as_of of the answer before, "
            "less a minute: a change that was being written then may bear an earlier time."
        ),
    ] = None
    cursor: Annotated[Cursor | None, BeforeValidator(_empty_is_absent)] = None

    def filters(self) -> Filters:
        return Filters(self.status, self.matter, self.region, self.party, self.expiring_within, self.changed_since)


class AskedByProgram(Asked):
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    wait_for: Annotated[
        StreamAtVersion | None,
        BeforeValidator(_empty_is_absent),
        Field(description="permit@version, as the approval side answered it: wait up to 5 s until it is in the lists."),
    ] = None

    def awaited(self) -> tuple[UUID, int] | None:
        if self.wait_for is None:
            return None
        stream, version = self.wait_for.split("@")
        return UUID(stream), int(version)
