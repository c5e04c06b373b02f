"""What a reader may ask of a list, as it comes in an address: checked, and made into the list's filters."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from projections.watch_list_filters import Filters, Standing
from services.working_days import CHINA


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
        Standing,
        BeforeValidator(lambda given: given or Standing.VALID),
        Field(description="状态；省略则为 valid（现行）。"),
    ] = Standing.VALID
    matter: Annotated[
        MatterCode | None, BeforeValidator(_empty_is_absent), Field(description="事项代码，须完全一致。")
    ] = None
    region: Annotated[
        RegionCode | None,
        BeforeValidator(_empty_is_absent),
        Field(description="行政区划代码，2、4、6、9 或 12 位，含所辖区域。"),
    ] = None
    party: Annotated[UUID | None, BeforeValidator(_empty_is_absent), Field(description="行政相对人的内部标识。")] = None
    expiring_within: Annotated[
        Days | None, BeforeValidator(_empty_is_absent), Field(description="今天起若干日内届满；先届满的在前。")
    ] = None
    changed_since: Annotated[
        datetime | None,
        BeforeValidator(_with_zone),
        Field(
            description="此日或此刻（含）以来有变化的。持续跟踪时，以上次答复的 as_of 减一分钟再问："
            "当时正在写入的变化可能带有更早的时间。"
        ),
    ] = None
    unsigned: Annotated[
        bool | None,
        BeforeValidator(_empty_is_absent),
        Field(description="true：有推送待本部门签收的；超过一万件时只在期限最早的一万件中查找。"),
    ] = None
    cursor: Annotated[
        Cursor | None,
        BeforeValidator(_empty_is_absent),
        Field(description="上一页答复中的 next_cursor；省略则为第一页。"),
    ] = None

    def filters(self) -> Filters:
        return Filters(
            self.status, self.matter, self.region, self.party, self.expiring_within, self.changed_since,
            bool(self.unsigned),
        )  # fmt: skip


class AskedByProgram(Asked):
    limit: Annotated[int, Field(ge=1, le=200, description="每页件数。")] = 50
    wait_for: Annotated[
        StreamAtVersion | None,
        BeforeValidator(_empty_is_absent),
        Field(description="审批侧答复中的 wait_for（许可标识@版本）：最多等待 5 秒，直到该版本列入名单。"),
    ] = None

    def awaited(self) -> tuple[UUID, int] | None:
        if self.wait_for is None:
            return None
        stream, version = self.wait_for.split("@")
        return UUID(stream), int(version)
