"""The main menu: which pages stand in it, in which order, and for whom."""

from __future__ import annotations

from dataclasses import dataclass

from services.pages.seats import Role, Seat


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the menu. ``roles``: for whom it stands there; empty: for everybody. ``own``: the address ends with the
    code of the reader's body. ``also``: another address of the same page."""

    address: str
    words: str
    roles: tuple[Role, ...] = ()
    own: bool = False
    also: str = ""

    def shown_to(self, seat: Seat | None) -> bool:
        if not self.roles:
            return True
        return seat is not None and seat.role in self.roles

    def at(self, seat: Seat | None) -> str:
        return f"{self.address}/{seat.body}" if self.own and seat is not None else self.address

    def is_here(self, path: str, seat: Seat | None) -> bool:
        at = self.at(seat)
        return path in (at, self.also) or (at != "/" and path.startswith(f"{at}/"))


ADMINISTRATORS_MENU = (
    Entry("/accounts", "账号管理", (Role.SECURITY,)),
    Entry("/sessions", "我的会话", (Role.SYSTEM, Role.SECURITY, Role.AUDIT)),
)
"""What the three administrators have on both sides, where there are accounts."""
HOMES = {Role.SECURITY: "/accounts", Role.SYSTEM: "/sessions", Role.AUDIT: "/sessions"}
"""The first page of each of them."""
