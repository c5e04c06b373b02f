"""What departments and the desk do about new decisions while the demo runs: most are signed, a few come to more."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import date
from random import Random
from typing import Any

import httpx
import structlog

from services.sample_city.city import haizhou

log = structlog.get_logger()

PATIENCE = 5
"""So many decisions later an officer has seen one: the page shows it waiting first."""
SIGNED, RETURNED, FINED = 0.75, 0.06, 0.06
"""How many of the new decisions their department signs, sends back, and soon has a penalty about. The rest wait."""

_Waiting = tuple[str, Mapping[str, Any]]


class Officers:
    """Officers of the leading departments, and one clerk who answers what they find. They know the new decisions only:
    what stands in the lists from before is for whoever looks at the demo."""

    def __init__(self, bureau: httpx.Client, office: httpx.Client, random: Random) -> None:
        self.bureau = bureau
        self.office = office
        self.random = random
        self._new: deque[_Waiting] = deque(maxlen=100)
        self._fined: deque[str] = deque(maxlen=20)

    def hear(self, permit: str, decision: Mapping[str, Any]) -> None:
        """A permit was granted."""
        self._new.append((permit, decision))

    def act(self, today: date) -> None:
        """Do about the oldest new decision what there is to do, if it has waited long enough."""
        if len(self._new) <= PATIENCE:
            return
        permit, decision = self._new.popleft()
        matter = next(one for one in haizhou().matters if one.code == decision["matter_code"])
        if not matter.covered:
            return
        department, chance = haizhou().department(matter.lead), self.random.random()
        if chance < SIGNED:
            self._step(department, permit, step="sign")
        elif chance < SIGNED + RETURNED:
            self._step(department, permit, step="return", reason="address_not_ours", text="经营地址已迁出本市")
        elif chance < SIGNED + RETURNED + FINED:
            self._fine(department, permit, decision, today)
        if self._fined and self.random.random() < 0.1:
            self._answer(self._fined.popleft())

    def _step(self, department: str, permit: str, **do: str) -> None:
        receipt = {"permit": permit, "do": {"officer": "S-0901"} | do}
        self._say(self.office, f"departments/{department}/receipts", receipt)

    def _fine(self, department: str, permit: str, decision: Mapping[str, Any], today: date) -> None:
        penalty = {
            "party": decision["party"], "document_number": f"海罚〔{today.year}〕{decision['permit_number'][-8:]}号",
            "violation_kind": "未按规定公示", "violation_facts": "未在经营场所显著位置公示许可证", "fine": "0.1",
            "legal_basis": "《中华人民共和国行政许可法》第八十条", "penalty_kind": "罚款", "content": "罚款1000元",
            "certificates": f"{decision['certificate_name']} {decision['permit_number']}", "officer": "S-0901",
            "decision_date": today.isoformat(), "department": department,
            "department_name": haizhou().departments[department],
        }  # fmt: skip
        if self._say(self.office, "penalties", penalty):
            self._fined.append(permit)

    def _answer(self, permit: str) -> None:
        asked = "/api/v1/tasks?kind=penalty&state=open&limit=200"
        answer = self._try(lambda: self.bureau.get(asked))
        for task in answer.json()["tasks"] if answer is not None else ():
            if task["permit"] == permit:
                note = {"outcome": "note", "clerk": "C-0032", "reason": "已约谈，列入重点核查名单"}
                self._say(self.bureau, f"tasks/{task['task']}/answer", note)

    def _say(self, side: httpx.Client, path: str, form: Mapping[str, Any]) -> bool:
        answer = self._try(lambda: side.post(f"/api/v1/{path}", json=dict(form)))
        return answer is not None

    def _try(self, request: Callable[[], httpx.Response]) -> httpx.Response | None:
        """What is refused, or finds nobody, is written down: the demo goes on."""
        try:
            answer = request()
        except httpx.TransportError as error:
            log.warning("officer_not_heard", error=type(error).__name__)
            return None
        if not answer.is_success:
            log.warning("officer_refused", rule=answer.json().get("code"))
            return None
        return answer
