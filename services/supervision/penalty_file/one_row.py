"""One penalty as one row of the file: what a form holds, read by the same rules; and a recorded one, to be amended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from events.penalties import PenaltyFacts
from services.party_resolution import HIDDEN
from services.publication_file.defects import Defect, RefusedRow
from services.publication_file.row_reading import Surroundings
from services.refusing import Refused
from services.supervision.penalty_file.checking import PenaltyReading
from services.supervision.penalty_file.columns import COLUMN_OF, FACTS, LAYOUT
from services.supervision.penalty_stated import StatedPenalty
from services.tables.faults import Fault


def read_row(cells: Mapping[str, str], today: date, officer: str) -> StatedPenalty | RefusedRow:
    """Return the penalty that ``cells`` state, by column code; or all that is wrong with them, as of row 1.

    The deciding department is not typed but taken from the duty list: its code is right whatever its check digit.
    """
    around = Surroundings(today, allowed_code=lambda code: code == cells["CF_CFJGDM"])
    read = PenaltyReading(around, 1, cells).read(None, officer)
    return read if isinstance(read, RefusedRow) else read.stated


def defect_of(refused: Refused, cells: Mapping[str, str]) -> Defect:
    """Return what a rule of the penalty's life refuses, in the column where it is mended."""
    column, rule = COLUMN_OF.get(refused.field, ""), refused.rule
    return LAYOUT.defect(column, cells.get(column, ""), Fault(rule.code, refused.text, rule.repair))


def cells_of(facts: PenaltyFacts) -> dict[str, str]:
    """Return the cells of a recorded penalty that may be public. What names a person, and the numbers of the party's
    documents, are sealed: those cells are not there."""
    said = facts.model_dump(mode="json")
    cells = {column: said[name] or "" for name, column in FACTS.items() if said[name] != HIDDEN}
    cells["CF_XDR_LB"] = facts.party.kind.value
    if facts.party.uscc:
        cells |= {"CF_XDR_MC": facts.party.label, "CF_XDR_SHXYM": facts.party.uscc}
    return cells
