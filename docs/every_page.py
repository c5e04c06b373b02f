"""Every screen of both sides as one list: what is photographed for the documentation, and what tests look at.

An address has names in braces for what is asked; ``places`` finds for each of them something that the demo's city has.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from services.approval.publication_file import columns as permits_file
from services.pages.seats import Role, Seat
from services.publication_file.layout import Layout
from services.supervision.penalty_file import columns as penalties_file

BUREAU = "11990100MA0000001Q"
DEPARTMENT = "11990100MA0000102H"


@dataclass(frozen=True, slots=True)
class Screen:
    """``name``: of its picture. ``side``: approval or supervision. ``path``: its address there."""

    name: str
    side: str
    role: Role
    path: str

    @property
    def seat(self) -> Seat:
        body = (BUREAU if self.role is Role.CLERK else DEPARTMENT) if self.role.of_a_body else ""
        return Seat(self.role, body, "1001")


AN_EVENT = "matter={matter}&region=990101&level=%E5%8E%BF%E7%BA%A7"

SCREENS = (
    Screen("help", "supervision", Role.OFFICER, "/help"),
    Screen("clerk-help", "approval", Role.CLERK, "/help"),
    Screen("statements", "supervision", Role.OFFICER, "/statements"),
    Screen("handovers", "supervision", Role.OFFICER, "/handovers"),
    Screen("handover", "supervision", Role.OFFICER, "/handovers/{listed}"),
    Screen("bureau-handovers", "approval", Role.CLERK, "/handovers"),
    Screen("bureau-handover", "approval", Role.CLERK, "/handovers/{listed}"),
    Screen("people", "supervision", Role.COORDINATOR, "/people"),
    Screen("officer", "supervision", Role.COORDINATOR, "/people/{officer}"),
    Screen("bureau-statements", "approval", Role.CLERK, "/statements"),
    Screen("officer-desk", "supervision", Role.OFFICER, "/"),
    Screen("receipts", "supervision", Role.OFFICER, "/receipts"),
    Screen("results", "supervision", Role.OFFICER, "/receipts/results"),
    Screen("coordinator-desk", "supervision", Role.COORDINATOR, "/"),
    Screen("policy-desk", "supervision", Role.POLICY, "/"),
    Screen("seat", "supervision", Role.OFFICER, "/seat"),
    Screen("departments", "supervision", Role.LEADER, "/departments"),
    Screen("watch-list", "supervision", Role.OFFICER, "/departments/{department}"),
    Screen("permit", "supervision", Role.OFFICER, "/permits/{permit}"),
    Screen("watched-personal", "supervision", Role.OFFICER, "/permits/{permit}/personal"),
    Screen("push-notice", "supervision", Role.OFFICER, "/permits/{permit}/pushes/{push}/{department}/notice"),
    Screen("push-receipt", "supervision", Role.OFFICER, "/permits/{permit}/pushes/{push}/{department}/receipt"),
    Screen("findings", "supervision", Role.OFFICER, "/findings"),
    Screen("finding-step", "supervision", Role.OFFICER, "/findings/{finding}/{step}"),
    Screen("finding-form", "supervision", Role.OFFICER, "/permits/{permit}/findings/{form}"),
    Screen("penalties", "supervision", Role.OFFICER, "/penalties"),
    Screen("penalty", "supervision", Role.COORDINATOR, "/penalties/{penalty}"),
    Screen("penalty-queue", "supervision", Role.COORDINATOR, "/penalties/unmatched"),
    Screen("penalty-import", "supervision", Role.OFFICER, "/penalties/import"),
    Screen("penalty-rows", "supervision", Role.OFFICER, "/penalties/files/{batch}"),
    Screen("penalty-new", "supervision", Role.OFFICER, "/penalties/new?permit={permit}"),
    Screen("watched-party", "supervision", Role.OFFICER, "/parties/{party}"),
    Screen("exceptions", "supervision", Role.COORDINATOR, "/exceptions"),
    Screen("minutes", "supervision", Role.COORDINATOR, "/consultations/{consultation}/1/minutes"),
    Screen("consultations", "supervision", Role.COORDINATOR, "/consultations"),
    Screen("consultation", "supervision", Role.COORDINATOR, "/consultations/{consultation}/1"),
    Screen("responsibility", "supervision", Role.COORDINATOR, "/permits/{permit}/responsibility"),
    Screen("urging", "supervision", Role.COORDINATOR, "/urging?light="),
    Screen("urge", "supervision", Role.COORDINATOR, "/urging/{item}"),
    Screen("demand", "supervision", Role.COORDINATOR, "/urging/{item}/sheets/1"),
    Screen("duties", "supervision", Role.COORDINATOR, "/duties"),
    Screen("duty-history", "supervision", Role.COORDINATOR, "/duties/matters/{matter}"),
    Screen("duty-route", "supervision", Role.COORDINATOR, f"/duties/route?{AN_EVENT}"),
    Screen("duty-gaps", "supervision", Role.COORDINATOR, "/duties/gaps"),
    Screen("duty-import", "supervision", Role.COORDINATOR, "/duties/import"),
    Screen("codes", "supervision", Role.COORDINATOR, "/duties/codes"),
    Screen("calendar", "supervision", Role.COORDINATOR, "/calendar"),
    Screen("rules", "supervision", Role.POLICY, "/rules"),
    Screen("rule", "supervision", Role.POLICY, "/rules/{rule}"),
    Screen("rule-permits", "supervision", Role.POLICY, "/rules/{rule}/permits"),
    Screen("rule-new", "supervision", Role.POLICY, "/rules/new"),
    Screen("rule-correction", "supervision", Role.POLICY, "/rules/{rule}/correction"),
    Screen("overview", "supervision", Role.LEADER, "/overview"),
    Screen("figures", "supervision", Role.LEADER, "/figures?by=department&by=month"),
    Screen("figure-rows", "supervision", Role.LEADER, "/figures/rows"),
    Screen("figure-penalties", "supervision", Role.LEADER, "/figures/penalties"),
    Screen("notices", "supervision", Role.OPERATOR, "/notices"),
    Screen("bureau-notices", "approval", Role.OPERATOR, "/notices"),
    Screen("lag", "supervision", Role.OPERATOR, "/lag"),
    Screen("check", "supervision", Role.OFFICER, "/check/{permit}/1"),
    Screen("own-systems", "supervision", Role.OFFICER, "/systems"),
    Screen("bureau-systems", "approval", Role.CLERK, "/systems"),
    Screen("check-number", "supervision", Role.OPERATOR, "/check"),
    Screen("runbook", "supervision", Role.OPERATOR, "/runbook"),
    Screen("bureau-runbook", "approval", Role.OPERATOR, "/runbook"),
    Screen("parked", "supervision", Role.OPERATOR, "/parked"),
    Screen("rebuild", "supervision", Role.OPERATOR, "/rebuild"),
    Screen("audit", "supervision", Role.AUDIT, "/audit"),
    Screen("bureau-audit", "approval", Role.AUDIT, "/audit"),
    Screen("clerk-desk", "approval", Role.CLERK, "/"),
    Screen("published", "approval", Role.CLERK, "/published"),
    Screen("files", "approval", Role.CLERK, "/files"),
    Screen("file-repair", "approval", Role.CLERK, "/files/{import}"),
    Screen("waiting-rows", "approval", Role.CLERK, "/waiting"),
    Screen("tasks", "approval", Role.CLERK, "/tasks"),
    Screen("task", "approval", Role.CLERK, "/tasks/{task}"),
    Screen("rules-to-answer", "approval", Role.CLERK, "/rules"),
    Screen("rule-to-answer", "approval", Role.CLERK, "/rules/{asked}"),
    Screen("asked-for-opinion", "approval", Role.CLERK, "/consultations"),
    Screen("opinion", "approval", Role.CLERK, "/consultations/{consultation}/1"),
    Screen("may-i-grant", "approval", Role.CLERK, "/parties"),
    Screen("party", "approval", Role.CLERK, "/parties/{punished}"),
    Screen("decided-permit", "approval", Role.CLERK, "/permits/{permit}"),
    Screen("personal", "approval", Role.CLERK, "/permits/{persons}/personal"),
    Screen("notice", "approval", Role.CLERK, "/permits/{permit}/notices/1"),
    Screen("check-notice", "approval", Role.CLERK, "/check/{permit}/1"),
    Screen("check-form", "approval", Role.CLERK, "/check"),
    Screen("running", "approval", Role.OPERATOR, "/running"),
)

NOT_IN_THE_CITY = frozenset(
    {
        "/parked/{stream}",
        "/parked/history",
        "/statements/{body}/{department}/{day}",
        "/penalties/{penalty}/amendment",
    }
)
"""Screens about something that the demo's city has not: nothing of it is parked, none of its days has ended, and the
department of ``DEPARTMENT`` has imposed no penalty."""


def places(approval: str, supervision: str) -> Mapping[str, str]:
    """Return something that is there for each name in an address. The services answer at these addresses."""
    listed = _asked(f"{supervision}/api/v1/departments/{DEPARTMENT}/watch-list?status=all&limit=200")["permits"]
    changed = next(row for row in listed if row["permit_version"] > 1 and row["deciding_body"] == BUREAU)
    found = {"department": DEPARTMENT, "permit": changed["permit"], "party": changed["party"]["id"]}
    found["form"] = "inspection"
    found["push"] = str(changed["push_version"])
    handed = _asked(f"{supervision}/api/v1/handovers?department={DEPARTMENT}&signed=false")["handovers"]
    found["listed"] = handed[0]["list"]
    found["officer"] = _asked(f"{supervision}/api/v1/officers?department={DEPARTMENT}")["officers"][0]["officer"]
    kept = _asked(f"{supervision}/api/v1/findings?department={DEPARTMENT}&kind=inspection&open=true")["findings"]
    found["finding"], found["step"] = kept[0]["finding"], "result"
    found["consultation"] = _consultation(supervision, changed["permit"])
    found["matter"] = changed["matter_code"]
    found["rule"] = _rule(supervision, changed["matter_code"])
    found["item"] = _urged(supervision)
    found["penalty"] = _asked(f"{supervision}/api/v1/penalties?limit=1")["penalties"][0]["penalty"]
    (task, *_) = _asked(f"{approval}/api/v1/tasks?body={BUREAU}&state=open&limit=1")["tasks"]
    found["task"], found["punished"] = task["task"], task["facts"]["party"]["party_id"]
    (rule, *_) = _asked(f"{approval}/api/v1/rule-changes?body={BUREAU}&limit=1")["rule_changes"]
    found["asked"] = rule["rule_change"]
    decided = _asked(f"{approval}/api/v1/decisions?body={BUREAU}&limit=200")["decisions"]
    found["persons"] = next(one["permit"] for one in decided if "*" in one["party"])
    found["import"] = _refused_rows(f"{approval}/files", _screen("files"), permits_file.LAYOUT)
    importing = _screen("penalty-import")
    found["batch"] = _refused_rows(f"{supervision}{importing.path}", importing, penalties_file.LAYOUT)
    _rebuild(supervision)
    return found


def _rebuild(supervision: str) -> None:
    """Have the lists made anew, so that the operator's page has something to compare."""
    seat = {"seat-supervision": Seat(Role.OPERATOR, "", "9001").as_cookie()}
    with httpx.Client(base_url=supervision, cookies=seat, trust_env=False, timeout=30) as operator:
        operator.post("/rebuild", data={"step": "begin"})
        for _ in range(60):
            if "逐行相同" in operator.get("/rebuild/now").text:
                return
            time.sleep(1)


def _screen(name: str) -> Screen:
    return next(screen for screen in SCREENS if screen.name == name)


def _refused_rows(form: str, screen: Screen, layout: Layout) -> str:
    """Return the import of a file with a row to repair, sent by ``form`` from the seat of ``screen``."""
    columns = ",".join(layout.by_code)
    file = {"file": ("十一月.csv", f"{columns}\n海州市虚构餐饮有限公司,法人及非法人组织\n".encode())}
    seat = {f"seat-{screen.side}": screen.seat.as_cookie()}
    answer = httpx.post(form, files=file, cookies=seat, timeout=30, trust_env=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rsplit("/", 1)[1]


def _rule(supervision: str, matter: str) -> str:
    """Return a rule change that the department published; the city's were published by others."""
    address = f"{supervision}/api/v1/rule-changes"
    for one in _asked(f"{address}?department={DEPARTMENT}&state=open")["rule_changes"]:
        return str(one["rule_change"])
    asked = {
        "kind": "amended", "norm": "standard", "title": "海州市公共场所卫生检查标准", "issuing_body": "海州市人民政府",
        "document_number": "海政发〔2026〕21号", "effective_date": "2026-12-01",
        "text": "第一条 为规范检查，制定本标准。",
        "matters": [matter], "department": DEPARTMENT, "officer": "3001",
    }  # fmt: skip
    answer = httpx.post(address, json=asked, timeout=30, trust_env=False)
    answer.raise_for_status()
    return str(answer.json()["rule_change"])


def _urged(supervision: str) -> str:
    """Return an open item that was urged; the one that is due first, if none was."""
    items = _asked(f"{supervision}/api/v1/deadlines?limit=1000")["items"]
    for one in items:
        if len(one["clocks"]) > 1:
            return str(one["item"])
    asked = {"limit": 2, "officer": "9001", "reason": "请尽快办理"}
    address = f"{supervision}/api/v1/deadlines/{items[0]['item']}/urging"
    httpx.post(address, json=asked, trust_env=False).raise_for_status()
    return str(items[0]["item"])


def _consultation(supervision: str, permit: str) -> str:
    """Return ``permit``, about which there is a consultation then: whose bureau reads it too."""
    argued = _asked(f"{supervision}/api/v1/consultations?limit=100")["consultations"]
    if not any(one["permit"] == permit for one in argued):
        asked = {"by": "9001", "text": "职责不清"}
        httpx.post(
            f"{supervision}/api/v1/permits/{permit}/consultations", json=asked, trust_env=False
        ).raise_for_status()
    return permit


def _asked(address: str) -> Any:
    answer = httpx.get(address, timeout=30, trust_env=False)
    answer.raise_for_status()
    return answer.json()
