"""What became of a file of permits: counted as every file is, and which of its rows meet a rule change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from events.approval import RuleMet
from services.publication_file.summary import Summary

SHOWN_FLAGGED = 200


@dataclass(slots=True)
class PermitsSummary(Summary):
    """``flagged`` counts recorded rows that are marked with a rule change; the first of them are shown.

    ``handed_over``: of opening stock, how many decisions of each body the batch holds."""

    flagged: int = 0
    first_flagged: list[dict[str, Any]] = field(default_factory=list)
    handed_over: list[dict[str, Any]] = field(default_factory=list)

    def add_flagged(self, rows: Sequence[tuple[int, Sequence[RuleMet]]]) -> None:
        """Count recorded rows, by number, that were marked with rule changes."""
        self.flagged += len(rows)
        for row, met in rows[: max(0, SHOWN_FLAGGED - len(self.first_flagged))]:
            self.first_flagged.append({"row": row, "rules": [one.model_dump(mode="json") for one in met]})

    def sentences(self) -> list[str]:
        """Name the rule changes that recorded rows were marked with, and say what was handed over."""
        handed = [
            f"存量移交: {one['body_name']} {one['decisions']} 件, 不起算期限; 各监管部门的移交清单随后生成"
            for one in self.handed_over
        ]
        if not self.flagged:
            return handed
        named = {f"《{one['title']}》({one['document_number']})" for r in self.first_flagged for one in r["rules"]}
        return [f"其中 {self.flagged} 件受规则变更影响, 已记录并标注: {'、'.join(sorted(named))}", *handed]
