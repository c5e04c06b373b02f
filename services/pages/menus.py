"""The main menu: which pages stand in it, in which order, and for whom."""

from __future__ import annotations

from dataclasses import dataclass

from services.pages.seats import Role, Seat


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the menu. ``roles``: for whom it stands there; empty: for all who see business. ``own``: its address
    ends with the code of the reader's body. ``also``: another address of the same page. ``signed_in``: only where
    people sign in."""

    address: str
    words: str
    roles: tuple[Role, ...] = ()
    own: bool = False
    also: str = ""
    signed_in: bool = False

    def shown_to(self, seat: Seat | None) -> bool:
        if not self.roles:
            return seat is None or not seat.role.is_administrator
        return seat is not None and seat.role in self.roles

    def at(self, seat: Seat | None) -> str:
        return f"{self.address}/{seat.body}" if self.own and seat is not None else self.address

    def is_here(self, path: str, seat: Seat | None) -> bool:
        at = self.at(seat)
        return path in (at, self.also) or (at != "/" and path.startswith(f"{at}/"))


ADMINISTRATORS_MENU = (
    Entry("/audit", "审计", (Role.AUDIT,)),
    Entry("/accounts", "账号管理", (Role.SECURITY,)),
    Entry("/sessions", "我的会话", (Role.SYSTEM, Role.SECURITY, Role.AUDIT), signed_in=True),
)
"""What the three administrators have on both sides."""
HOMES = {Role.SECURITY: "/accounts", Role.SYSTEM: "/sessions", Role.AUDIT: "/audit"}
"""The first page of each of them."""
