"""The parts of the documentation that the code writes itself: ``python -m docs.generated`` brings them up to date,
and with them the golden files of what leaves the house (``docs/golden.py``, ``docs/asyncapi.py``).

``events.md`` is wholly made here. In other pages a table stands between two marks, and only what is between them is
replaced. A test compares every page with what this module would write.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Union, get_args, get_origin
from uuid import UUID

import orjson
from pydantic import BaseModel

from docs import asvs_table, asyncapi, attack_tables, chaos_tables, golden, meanings, proof_samples, rights_table
from docs.every_event import every_event
from events.approval import Decided, Party, PermitFacts, PermitStatus, RuleMet
from events.catalogue import CATALOGUE, encode
from events.handovers import PushNumbers, ReturnedRow
from events.limits import CalendarDay
from events.penalties import Candidate, MatchedPermit, PenaltyFacts
from events.pending_applications import MatterCount
from events.rule_answers import Act
from events.rule_changes import BodyInScope, Document, OtherCode
from events.supervision import CarriedDecision, Receiver
from events.tasks import TaskFacts, TaskLimit
from events.upcasting import STEPS
from services.approval.command_desk import NOT_RECORDED
from services.approval.commands import COMMAND_RULES
from services.approval.outcome import BUSY
from services.approval.pending_count import PENDING_RULES
from services.approval.permit_rules import RULES
from services.approval.publication_file import wording as permits_file
from services.approval.rule_answer import ANSWER_RULES
from services.approval.task_rules import TASK_RULES
from services.command_line import COMMANDS
from services.metrics import MEANINGS
from services.party_resolution import PARTY_ERASED
from services.publication_file import wording
from services.refusing import SAME_KEY_OTHER_CONTENT
from services.settings import Settings
from services.stating import INVALID_REQUEST, NOT_JSON
from services.supervision.finding_rules import FINDING_RULES
from services.supervision.party_register import REGISTER_AWAY
from services.supervision.penalty import PENALTY_RULES
from services.supervision.penalty_file import wording as penalties_file
from services.supervision.rule_change import PUBLISHING_RULES
from services.tables import faults
from services.tables.faults import Fault

FOLDER = Path(__file__).parent
HEAD = "<!-- Written by `python -m docs.generated`: do not edit by hand. -->"
PLAIN: Mapping[object, str] = {
    str: "text",
    int: "number",
    bool: "true or false",
    date: "date",
    datetime: "time with zone",
    UUID: "id",
}
ASIDE = (SAME_KEY_OTHER_CONTENT, BUSY, PARTY_ERASED, INVALID_REQUEST, NOT_JSON)
NESTED: tuple[type[BaseModel], ...] = (
    PermitFacts,
    Party,
    CarriedDecision,
    Receiver,
    CalendarDay,
    PenaltyFacts,
    MatchedPermit,
    Candidate,
    RuleMet,
    Document,
    PushNumbers,
    ReturnedRow,
    BodyInScope,
    OtherCode,
    Act,
    TaskFacts,
    TaskLimit,
    MatterCount,
)


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    names = list(headings)
    lines = [names, ["---"] * len(names), *([cell.replace("|", "\\|").replace("\n", " ") for cell in r] for r in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def kind_of(annotation: object) -> str:
    """Return what a field holds, in words."""
    inside = get_args(annotation)
    if get_origin(annotation) in (Union, types.UnionType):
        words = [kind_of(one) for one in inside if one is not type(None)]
        return " or ".join(words) + (" or null" if type(None) in inside else "")
    if get_origin(annotation) is tuple:
        return f"list of {kind_of(inside[0])}"
    if get_origin(annotation) is dict:
        return "object"
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return ", ".join(f"`{member.value}`" for member in annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation.__name__
    return PLAIN[annotation]


def meaning_of(event: str, field: str) -> str:
    return meanings.FIELDS.get(f"{event}.{field}") or meanings.FIELDS[field]


def events_page() -> str:
    """Return ``docs/events.md``."""
    examples = {encode(said)[0]: said for said in every_event()}
    parts = [HEAD, "# Events", _EVENTS_INTRODUCTION, table(("attribute", "meaning"), meanings.ENVELOPE.items())]
    parts += ["## What the payloads are made of"]
    for model in NESTED:
        words = meanings.PARTS[model.__name__]
        fields = [(f"`{name}`", kind_of(f.annotation), words[name]) for name, f in model.model_fields.items()]
        parts += [f"### {model.__name__}", table(("field", "holds", "meaning"), fields)]
    shared = [(f"`{name}`", kind_of(f.annotation), meanings.FIELDS[name]) for name, f in Decided.model_fields.items()]
    parts += ["### Every decision", _EVERY_DECISION, table(("field", "holds", "meaning"), shared)]
    parts += ["## The types"]
    for name, entry in CATALOGUE.items():
        decision = issubclass(entry.model, Decided)
        own = {
            field: info
            for field, info in entry.model.model_fields.items()
            if not (decision and field in Decided.model_fields)
        }
        rows = [(f"`{field}`", kind_of(info.annotation), meaning_of(name, field)) for field, info in own.items()]
        parts += [f"### `{name}`, version {entry.version}", meanings.EVENTS[name]]
        parts += [
            f"Version {old} is still read ({_step(step)})." for (kind, old), step in STEPS.items() if kind == name
        ]
        if decision:
            parts += ["Carries what every decision carries" + (", and:" if rows else ".")]
        if rows:
            parts += [table(("field", "holds", "meaning"), rows)]
        example = orjson.dumps(examples[name].model_dump(mode="json"), option=orjson.OPT_INDENT_2).decode()
        parts += [f"<details><summary>Example (invented)</summary>\n\n```json\n{example}\n```\n\n</details>"]
    return "\n\n".join(parts) + "\n"


def _step(step: Callable[..., object]) -> str:
    return (step.__doc__ or "").replace("``", "`").strip().rstrip(".")


def settings_table() -> str:
    rows = []
    for field in Settings.model_fields.values():
        preset = "–" if field.default is None else f"`{field.default}`"
        rows.append((f"`{field.validation_alias}`", preset, field.description or ""))
    return table(("setting", "preset", "meaning"), rows)


def commands_table() -> str:
    return table(("command", "what it does"), ((f"`linkage {words}`", says) for words, (_, says) in COMMANDS.items()))


def metrics_table() -> str:
    return table(("metric", "meaning"), ((f"`{name}`", meaning) for name, meaning in MEANINGS.items()))


def rules_table() -> str:
    return table(
        ("code", "what the clerk reads", "what to do"), ((f"`{r.code}`", r.text, r.repair) for r in (*RULES, *ASIDE))
    )


def penalty_rules_table() -> str:
    return table(
        ("code", "what the officer reads", "what to do"),
        ((f"`{r.code}`", r.text, r.repair) for r in (*PENALTY_RULES, REGISTER_AWAY, PARTY_ERASED)),
    )


def finding_rules_table() -> str:
    return table(
        ("code", "what the officer reads", "what to do"), ((f"`{r.code}`", r.text, r.repair) for r in FINDING_RULES)
    )


def command_rules_table() -> str:
    return table(
        ("code", "what the clerk reads", "what to do"),
        ((f"`{r.code}`", r.text, r.repair) for r in (*COMMAND_RULES, NOT_RECORDED)),
    )


def task_rules_table() -> str:
    return table(
        ("code", "what the clerk reads", "what to do"), ((f"`{r.code}`", r.text, r.repair) for r in TASK_RULES)
    )


def refusals_table() -> str:
    """Return every sentence that a clerk may read about a row, or a whole file, of the 双公示 permits layout."""
    return _faults(wording, permits_file, faults)


def penalty_refusals_table() -> str:
    """Return the sentences that are read about a penalties file alone."""
    return _faults(penalties_file)


def _faults(*modules: types.ModuleType) -> str:
    stated = [value for module in modules for value in vars(module).values() if isinstance(value, Fault)]
    cells = ((f"`{f.code}`", _filled(f.reason), _filled(f.repair)) for f in dict.fromkeys(stated))
    return table(("code", "what the clerk reads", "what to do"), cells)


def _filled(sentence: str) -> str:
    return re.sub(r"\{\w+\}", "…", sentence)


def statuses_table() -> str:
    return table(("`status`", "meaning"), ((f"`{s.value}`", meanings.STATUSES[s.value]) for s in PermitStatus))


def rule_changes_table() -> str:
    return table(
        ("code", "what is read", "what to do"),
        ((f"`{r.code}`", r.text, r.repair) for r in (*PUBLISHING_RULES, *ANSWER_RULES, *PENDING_RULES)),
    )


TABLES: Mapping[str, Callable[[], str]] = {
    "settings": settings_table,
    "commands": commands_table,
    "metrics": metrics_table,
    "rules": rules_table,
    "command_rules": command_rules_table,
    "penalty_rules": penalty_rules_table,
    "finding_rules": finding_rules_table,
    "penalty_refusals": penalty_refusals_table,
    "task_rules": task_rules_table,
    "refusals": refusals_table,
    "statuses": statuses_table,
    "rule_changes": rule_changes_table,
    "chaos_promises": lambda: chaos_tables.promises(table),
    "chaos_catalogue": lambda: chaos_tables.catalogue(table),
    "chaos_scenarios": lambda: chaos_tables.scenarios(table),
    "chaos_results": lambda: chaos_tables.results(table),
    "attack_requests": lambda: attack_tables.requests(table),
    "attack_bytes": lambda: attack_tables.bytes_given(table),
    "asvs_counts": lambda: asvs_table.counts(table),
    "asvs_chapters": lambda: asvs_table.chapters(table),
    "rights_supervision": lambda: rights_table.of_side("supervision", table),
    "rights_approval": lambda: rights_table.of_side("approval", table),
    "rights_supervision_pages": lambda: rights_table.pages_of_side("supervision", table),
    "rights_approval_pages": lambda: rights_table.pages_of_side("approval", table),
}
_MARKED = re.compile(r"(<!-- written: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def renewed(page: str) -> str:
    """Return ``page`` with every marked table as the code says it now."""
    return _MARKED.sub(lambda found: f"{found[1]}{TABLES[found[2]]()}\n{found[3]}", page)


def pages() -> dict[Path, str]:
    """Return every file that is written here, wholly or in part, as it should be."""
    marked = {path: renewed(path.read_text()) for path in sorted(FOLDER.rglob("*.md")) if path.name != "events.md"}
    return marked | {FOLDER / "events.md": events_page()} | golden.files() | asyncapi.files() | proof_samples.files()


def main() -> None:
    for path, text in pages().items():
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            print(f"written: {path.relative_to(FOLDER.parent)}")


_EVENTS_INTRODUCTION = """What is said between the two sides, type by type. Data are canonical JSON (keys sorted,
UTF-8); fields that a reader does not know survive a round trip; a type or version that it does not know parks the
stream until the upgrade ([glossary](glossary.md): parked). Names, numbers and free texts of natural persons and
个体工商户, and every legal representative, are not in these data: they travel beside them, encrypted under the
party's own key ([decision 0007](decisions/0007-personal-part-sealed-per-party.md)).

## The envelope

Every event carries CloudEvents 1.0 attributes. On Kafka each is a header with the prefix `ce_` (the content type: the
header `content-type`), the record's key is the stream, and its value is `{"data": …, "personal": "<base64 of the
ciphertext>"}`, without `personal` when there is none."""
_EVERY_DECISION = "The events from `permit_granted` to `decision_retracted` all carry these."

if __name__ == "__main__":
    main()
