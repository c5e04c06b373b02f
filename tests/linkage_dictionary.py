"""The whole linkage as plain dictionaries: what both sides must come to know, told without databases, logs or events.

Each side knows its own at once, and of the other what has come over. ``to_supervision`` and ``to_approval`` are what is
on its way: the effects of what was said, in the order in which it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

ENDINGS = {"注销": "surrendered", "吊销": "revoked", "撤回": "withdrawn"}
LEAVING = {"delivered", "read", "returned"}

Effect = Callable[[], None]
Row = dict[str, Any]


class Dictionary:
    """Permits, penalties, tasks and rule changes by number, as a list of rows each."""

    def __init__(self, listed: dict[str, str]) -> None:
        self.listed = listed
        """Matter → the department that the duty list names."""
        self.permits: list[Row] = []
        self.penalties: list[Row] = []
        self.rules: list[Row] = []
        self.to_supervision: list[Effect] = []
        self.to_approval: list[Effect] = []

    def supervision_hears(self) -> None:
        heard, self.to_supervision = self.to_supervision, []
        for effect in heard:
            effect()

    def approval_hears(self) -> None:
        heard, self.to_approval = self.to_approval, []
        for effect in heard:
            effect()

    # -- decisions

    def may_grant(self, rule: int | None) -> bool:
        """A decision that rests on what a rule change repealed is refused, from when the bureau has heard of it."""
        return rule is None or not self.rules[rule]["in_force"]

    def grant(self, matter: str) -> None:
        permit: Row = {
            "matter": matter, "entries": ["valid"], "listed": None, "status": None, "default": None,
            "cases": [], "returns": 0, "moves": 0, "pinned": False, "arguing": False, "ruled": False, "steps": [],
            "told_steps": [],
        }  # fmt: skip
        self.permits.append(permit)
        self._decided(permit)

    def decide(self, permit: Row, kind: str) -> bool:
        """Whether a later decision is accepted: only about what is in force."""
        if permit["entries"][-1] != "valid":
            return False
        permit["entries"].append(ENDINGS.get(kind, "valid"))
        self._decided(permit)
        return True

    def _decided(self, permit: Row) -> None:
        status = permit["entries"][-1]
        self.to_supervision.append(lambda: self._pushed(permit, status))

    def _pushed(self, permit: Row, status: str) -> None:
        first = permit["listed"] is None
        permit["status"] = status
        if permit["pinned"]:
            self._place(permit, permit["listed"])
        else:
            self._place(permit, self.listed[permit["matter"]])
            permit["default"] = permit["listed"]
        for penalty in self.penalties if first else ():
            if penalty["permit"] is permit and penalty["status"] == "in_force":
                self._matched(penalty)

    def _place(self, permit: Row, department: str) -> None:
        """The permit is pushed to ``department``; whoever had it and has not signed is out of it."""
        if permit["listed"] not in (None, department):
            for case in permit["cases"]:
                if case["department"] == permit["listed"] and case["state"] in LEAVING:
                    case["state"] = "moved"
        permit["listed"] = department
        permit["cases"].append({"department": department, "state": "delivered"})

    # -- receipts and consultations

    def sign(self, permit: Row, department: str) -> bool:
        mine = [one for one in permit["cases"] if one["department"] == department and one["state"] in LEAVING]
        for case in mine:
            case["state"] = "signed"
            self._step(permit, "push_signed")
        return bool(mine)

    def give_back(self, permit: Row, department: str) -> bool:
        mine = [one for one in permit["cases"] if one["department"] == department and one["state"] == "delivered"]
        if permit["arguing"] or (permit["ruled"] and permit["pinned"]) or not mine:
            return False
        second = permit["returns"] + 1 >= 2 or permit["moves"] >= 2
        for case in mine:
            case["state"] = "returned"
            permit["returns"] += 1
            self._step(permit, "push_returned")
        listed = self.listed[permit["matter"]]
        if second:
            if permit["default"] != permit["listed"]:
                self._move(permit, permit["default"])
            self._argue(permit)
        elif department != listed != permit["listed"]:
            self._move(permit, listed, default=listed, pinned=False)
        return True

    def _move(self, permit: Row, department: str, **more: Any) -> None:
        self._place(permit, department)
        permit["moves"] += 1
        permit.update(more)

    def reassign(self, permit: Row, department: str) -> bool:
        if permit["arguing"] or permit["moves"] >= 2 or permit["listed"] == department:
            return False
        self._move(permit, department, pinned=True)
        return True

    def dispute(self, permit: Row) -> bool:
        if permit["arguing"]:
            return False
        self._argue(permit)
        return True

    def _argue(self, permit: Row) -> None:
        permit["arguing"] = True
        self._step(permit, "consultation_opened")

    def rule_on(self, permit: Row, department: str, *, changes_list: bool) -> bool:
        """The ruling settles the cases of the same matter that wait, and may change the duty list for all others."""
        if not permit["arguing"]:
            return False
        alike = [one for one in self.permits if one is not permit and one["matter"] == permit["matter"]]
        for one in [permit, *alike]:
            returned = any(case["state"] == "returned" for case in one["cases"])
            if one["arguing"] or (returned and one is not permit):
                self._ruled(one, department)
        if changes_list:
            self.listed[permit["matter"]] = department
            for one in alike:
                if one["status"] == "valid" and not one["pinned"] and one["listed"] != department:
                    self._move(one, department, default=department, returns=0, moves=0)
        return True

    def _ruled(self, permit: Row, department: str) -> None:
        if permit["arguing"]:
            permit.update(arguing=False, ruled=True, pinned=True, returns=0, moves=0)
            self._step(permit, "ruling_made")
        if permit["listed"] != department:
            self._move(permit, department, pinned=True, returns=0, moves=0)

    def _step(self, permit: Row, step: str) -> None:
        permit["steps"].append(step)
        self.to_approval.append(lambda: permit["told_steps"].append(step))

    # -- penalties and tasks

    def penalise(self, permit: Row) -> None:
        penalty: Row = {"permit": permit, "status": "in_force", "against": False, "task": None, "receipt": None}
        self.penalties.append(penalty)
        self.to_approval.append(lambda: penalty.update(against=True))
        if permit["listed"] is not None:
            self._matched(penalty)

    def _matched(self, penalty: Row) -> None:
        self.to_approval.append(lambda: self._asked(penalty, {"state": "open", "review": False, "acted": False}))

    def annul(self, penalty: Row) -> bool:
        if penalty["status"] == "annulled":
            return False
        penalty["status"] = "annulled"
        self.to_approval.append(lambda: self._undone(penalty))
        return True

    def _undone(self, penalty: Row) -> None:
        """No mark of it stays: a task goes, unless a decision rests on it, which a person must look at."""
        penalty["against"] = False
        task = penalty["task"]
        if task is None:
            return
        if task["acted"]:
            self._asked(penalty, {"state": "open", "review": True, "acted": True})
        else:
            self._asked(penalty, {"state": "withdrawn", "review": False, "acted": False})

    def answer(self, penalty: Row, outcome: str) -> bool:
        """Whether the desk may answer so. ``revoke`` carries a decision with it, ``undo`` takes that back."""
        task, permit = penalty["task"], penalty["permit"]
        if task is None or task["state"] != "open" or outcome == ("revoke" if task["review"] else "undo"):
            return False
        if outcome == "revoke" and not self.decide(permit, "吊销"):
            return False
        if outcome == "undo":
            permit["entries"].pop()
            status = permit["entries"][-1]
            self.to_supervision.append(lambda: self._pushed(permit, status))
        acted = outcome == "revoke" or (task["acted"] and outcome != "undo")
        self._asked(penalty, task | {"state": "answered", "acted": acted})
        return True

    def _asked(self, penalty: Row, task: Row) -> None:
        penalty["task"] = task
        self.to_supervision.append(lambda: penalty.update(receipt=task["state"]))

    # -- rule changes

    def publish(self) -> None:
        rule: Row = {"withdrawn": False, "in_force": False, "known": False, "answered": False, "seen": "undelivered"}
        self.rules.append(rule)
        self.to_approval.append(lambda: self._received(rule))

    def _received(self, rule: Row) -> None:
        rule.update(in_force=True, known=True)
        self.to_supervision.append(lambda: rule.update(seen="open"))

    def take_back(self, rule: Row) -> bool:
        if rule["withdrawn"]:
            return False
        rule["withdrawn"] = True
        self.to_approval.append(lambda: rule.update(in_force=False))
        return True

    def acknowledge(self, rule: Row) -> bool:
        if not rule["in_force"] or rule["answered"]:
            return False
        rule["answered"] = True
        self.to_supervision.append(lambda: rule.update(seen="answered"))
        return True

    def standing_of(self, rule: Row) -> str:
        """How supervision shows what the bureau owes about it."""
        return "lapsed" if rule["withdrawn"] and rule["seen"] != "answered" else str(rule["seen"])
