"""The parts of the documentation that the code writes itself: ``python -m docs.generated`` brings them up to date,
and with them the golden files of what leaves the house (``docs/golden.py``, ``docs/asyncapi.py``).

``events.md`` is made wholly, by ``docs/events_page.py``. In other pages a table stands between two marks, and only what
is between them is replaced. A test compares every page with what this module would write.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from docs import (
    asvs_table,
    asyncapi,
    attack_tables,
    chaos_tables,
    golden,
    meanings,
    measured_table,
    proof_samples,
    rights_table,
)
from docs.events_page import events_page
from docs.markdown import table
from events.approval import PermitStatus
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
from services.refusing import SAME_KEY_OTHER_CONTENT, Rule
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
ASIDE = (SAME_KEY_OTHER_CONTENT, BUSY, PARTY_ERASED, INVALID_REQUEST, NOT_JSON)


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


def rules_table(who_reads: str, rules: Iterable[Rule]) -> str:
    return table(("code", who_reads, "what to do"), ((f"`{r.code}`", r.text, r.repair) for r in rules))


def refusals_table() -> str:
    """Return every sentence that a clerk may read about a row, or a whole file, of the 双公示 permits layout."""
    return _faults(wording, permits_file, faults)


def penalty_refusals_table() -> str:
    """Return the sentences that are read about a penalties file alone."""
    return _faults(penalties_file)


def _faults(*modules: types.ModuleType) -> str:
    stated = [value for module in modules for value in vars(module).values() if isinstance(value, Fault)]
    cells = ((f"`{f.code}`", _filled(f.reason), _filled(f.repair)) for f in dict.fromkeys(stated))
    return table(("code", CLERK, "what to do"), cells)


def _filled(sentence: str) -> str:
    return re.sub(r"\{\w+\}", "…", sentence)


def statuses_table() -> str:
    return table(("`status`", "meaning"), ((f"`{s.value}`", meanings.STATUSES[s.value]) for s in PermitStatus))


CLERK, OFFICER = "what the clerk reads", "what the officer reads"
TABLES: Mapping[str, Callable[[], str]] = {
    "settings": settings_table,
    "commands": commands_table,
    "metrics": metrics_table,
    "rules": lambda: rules_table(CLERK, (*RULES, *ASIDE)),
    "command_rules": lambda: rules_table(CLERK, (*COMMAND_RULES, NOT_RECORDED)),
    "penalty_rules": lambda: rules_table(OFFICER, (*PENALTY_RULES, REGISTER_AWAY, PARTY_ERASED)),
    "finding_rules": lambda: rules_table(OFFICER, FINDING_RULES),
    "penalty_refusals": penalty_refusals_table,
    "task_rules": lambda: rules_table(CLERK, TASK_RULES),
    "refusals": refusals_table,
    "statuses": statuses_table,
    "rule_changes": lambda: rules_table("what is read", (*PUBLISHING_RULES, *ANSWER_RULES, *PENDING_RULES)),
    "chaos_promises": chaos_tables.promises,
    "chaos_catalogue": chaos_tables.catalogue,
    "chaos_scenarios": chaos_tables.scenarios,
    "chaos_results": chaos_tables.results,
    "attack_requests": attack_tables.requests,
    "attack_bytes": attack_tables.bytes_given,
    "asvs_counts": asvs_table.counts,
    "asvs_chapters": asvs_table.chapters,
    "measured": lambda: measured_table.of_a_projector(measured_table.SCALING.read_text()),
    "rights_supervision": lambda: rights_table.of_side("supervision"),
    "rights_approval": lambda: rights_table.of_side("approval"),
    "rights_supervision_pages": lambda: rights_table.pages_of_side("supervision"),
    "rights_approval_pages": lambda: rights_table.pages_of_side("approval"),
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


if __name__ == "__main__":
    main()
