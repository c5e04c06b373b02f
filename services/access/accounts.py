"""Accounts: a staff number (工号), one role, for a body or for none. No name of a person is kept.

What the security administrator may do, and what nobody may: `three administrators <GB/T 22239-2019, 8.1.3>`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import class_row

from services.access import sessions
from services.access.account_acts import Done, line
from services.access.audit import write
from services.access.passwords import Passwords, initial_password
from services.pages.seats import Role, Seat
from services.refusing import Refused, Rule

INITIAL_GOOD_FOR = timedelta(days=7)
STAFF_FORM = r"[0-9A-Za-z-]{1,40}"
_BODY = re.compile(r"[0-9A-Z]{18}")

WRONG_STAFF = Rule("wrong_staff_number", "工号填写有误。", "工号为 1 至 40 位字母、数字或短横线。")
TAKEN = Rule("staff_number_taken", "这个工号已有账号。", "每个工号只能有一个账号；请在账号列表中查找并修改它。")
NO_ACCOUNT = Rule("no_such_account", "没有这个账号。", "请核对工号；全部账号见账号列表。")
WRONG_BODY = Rule(
    "body_and_role", "岗位与部门不相符。", "审批、监管、政策法规人员须填 18 位部门代码，其他岗位不填部门。"
)
NOT_HERE = Rule("role_not_here", "本侧没有这个岗位。", "请从列出的岗位中选择。")
TWO_ADMINISTRATORS = Rule(
    "two_administrators",
    "系统、安全、审计三种管理员不得由同一账号担任，先后担任也不行。",
    "请由另一人担任，并为其新建账号（三员分立）。",
)
OWN_ACCOUNT = Rule("own_account", "不能修改自己的账号。", "请由另一位安全管理员办理。")
LAST_ONE = Rule(
    "last_security_administrator", "这是最后一位安全管理员。", "请先新建另一位安全管理员的账号，再停用这一个。"
)


@dataclass(frozen=True, slots=True)
class Account:
    id: UUID
    staff: str
    role: str
    body: str
    administrator: str
    subject: str
    password: str
    password_until: datetime | None
    second_factor: bytes | None
    last_step: int
    disabled_at: datetime | None
    made_at: datetime
    made_by: str

    @property
    def seat(self) -> Seat:
        return Seat(Role(self.role), self.body, self.staff)

    @property
    def is_new(self) -> bool:
        """Whether its owner still has to choose a password and take a second factor."""
        return self.second_factor is None or self.password_until is not None


_COLUMNS = ", ".join(Account.__slots__)


def find(connection: psycopg.Connection, staff: str, *, changing: bool = False) -> Account | None:
    """Return the account of a staff number; ``changing`` keeps it from being changed by another meanwhile."""
    return _one(connection, "staff = %s" + (" FOR UPDATE" if changing else ""), staff)


def by_id(connection: psycopg.Connection, account: UUID) -> Account | None:
    return _one(connection, "id = %s", account)


def every(connection: psycopg.Connection) -> list[Account]:
    """Return all accounts, by staff number."""
    with connection.cursor(row_factory=class_row(Account)) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM accounts ORDER BY staff").fetchall()


def _one(connection: psycopg.Connection, where: str, value: object) -> Account | None:
    with connection.cursor(row_factory=class_row(Account)) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM accounts WHERE {where}", (value,)).fetchone()


@dataclass(frozen=True)
class AccountDesk:
    """Changes accounts, in the transaction of ``connection``. ``by``: staff number of who changes. ``roles``: those of
    this side, beside the three administrators. Raises ``Refused``."""

    connection: psycopg.Connection
    passwords: Passwords
    roles: tuple[Role, ...]
    by: str
    now: datetime

    def add(self, staff: str, role: Role, body: str, *, subject: str = "") -> tuple[Account, str]:
        """Return the new account and its initial password, which is told once and kept nowhere. One of a provider
        (``subject``) has none."""
        if not re.fullmatch(STAFF_FORM, staff):
            raise Refused(WRONG_STAFF, field="staff")
        self._refuse_unfit(role, body)
        initial = "" if subject else initial_password()
        made = self.connection.execute(
            """INSERT INTO accounts (id, staff, role, body, administrator, subject, password, password_until, made_at,
                                     made_by)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (staff) DO NOTHING RETURNING id""",
            (
                uuid4(), staff, role.value, body, role.value if role.is_administrator else "", subject,
                self.passwords.kept(initial) if initial else "", self.now + INITIAL_GOOD_FOR if initial else None,
                self.now, self.by,
            ),
        ).fetchone()  # fmt: skip
        if made is None:
            raise Refused(TAKEN, field="staff")
        return self._done(Done.ADD, staff), initial

    def change_role(self, staff: str, role: Role, body: str) -> Account:
        """Give the account another role; whoever is in with it reads and writes by it within a minute."""
        account = self._anothers(staff)
        self._refuse_unfit(role, body)
        if role.is_administrator and account.administrator not in ("", role.value):
            raise Refused(TWO_ADMINISTRATORS, field="role")
        if role is not Role.SECURITY:
            self._refuse_last(account)
        self._set(account, role=role.value, body=body,
                  administrator=role.value if role.is_administrator else account.administrator)  # fmt: skip
        return self._done(Done.ROLE, staff)

    def disable(self, staff: str) -> Account:
        account = self._anothers(staff)
        self._refuse_last(account)
        self._set(account, disabled_at=self.now)
        self._end_sessions(account)
        return self._done(Done.DISABLE, staff)

    def enable(self, staff: str) -> Account:
        self._set(self._anothers(staff), disabled_at=None)
        return self._done(Done.ENABLE, staff)

    def reset(self, staff: str) -> tuple[Account, str]:
        """Return a new initial password; the old one, the second factor and all sessions hold no longer. For whoever
        forgot the password or lost the telephone: their owner must be seen, not only heard."""
        account, initial = self._anothers(staff), initial_password()
        self._set(account, password=self.passwords.kept(initial), second_factor=None, subject="",
                  password_until=self.now + INITIAL_GOOD_FOR)  # fmt: skip
        self._end_sessions(account)
        return self._done(Done.RESET, staff), initial

    def end_session(self, staff: str, session: UUID) -> None:
        """End a session of another; whoever reads a stream in it is cut off within a minute."""
        sessions.end(self.connection, session, self._anothers(staff).id)
        self._done(Done.END_SESSION, staff)

    def _refuse_unfit(self, role: Role, body: str) -> None:
        if role not in self.roles and not role.is_administrator:
            raise Refused(NOT_HERE, field="role")
        if bool(_BODY.fullmatch(body)) is not role.of_a_body or (body and not role.of_a_body):
            raise Refused(WRONG_BODY, field="body")

    def _done(self, done: Done, staff: str) -> Account:
        account = self._there(staff)
        write(self.connection, line(done, self.by, about=account.id))
        return account

    def _there(self, staff: str) -> Account:
        account = find(self.connection, staff, changing=True)
        if account is None:
            raise Refused(NO_ACCOUNT, field="staff")
        return account

    def _anothers(self, staff: str) -> Account:
        if staff == self.by:
            raise Refused(OWN_ACCOUNT)
        return self._there(staff)

    def _refuse_last(self, account: Account) -> None:
        """A side whose last security administrator is gone could change no account any more, but by command."""
        if account.role != Role.SECURITY or account.disabled_at is not None:
            return
        # All of them locked: two who disable one another at once would each see the other still there.
        active = self.connection.execute(
            "SELECT id FROM accounts WHERE role = %s AND disabled_at IS NULL ORDER BY id FOR UPDATE",
            (Role.SECURITY.value,),
        ).fetchall()
        if len(active) < 2:
            raise Refused(LAST_ONE)

    def _set(self, account: Account, **values: Any) -> None:
        names = ", ".join(f"{name} = %({name})s" for name in values)
        self.connection.execute(f"UPDATE accounts SET {names} WHERE id = %(id)s", values | {"id": account.id})

    def _end_sessions(self, account: Account) -> None:
        self.connection.execute("DELETE FROM account_sessions WHERE account = %s", (account.id,))
