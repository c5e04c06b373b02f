"""What is said of OWASP ASVS points at what is there, and leaves no requirement of level 1 and 2 out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from docs.asvs_table import Requirement, faults, requirements


def test_every_requirement_has_one_row_and_what_a_row_names_is_there() -> None:
    assert list(faults(requirements())) == []


GONE = "tests/test_asvs.py::test_that_nobody_wrote"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"state": "met", "evidence": (GONE,)}, "1.1.1: tests/test_asvs.py has no test_that_nobody_wrote"),
        ({"evidence": ("services/nowhere.py",)}, "1.1.1: services/nowhere.py is not there"),
        ({"state": "met", "evidence": ()}, "1.1.1: met, and nothing shows it"),
        ({"state": "not applicable", "remark": ""}, "1.1.1: not applicable, and nothing says why"),
        ({"state": "nearly"}, "1.1.1: there is no state nearly"),
        ({"id": "1.1.2"}, "1.1.2: twice"),
        ({"level": 1}, "level 1: 71 rows, not 70"),
        ({"id": "2.9.9"}, "chapter 1: 26 rows"),
    ],
)
def test_a_row_that_claims_what_is_not_so_is_found(change: dict[str, object], said: str) -> None:
    first, *others = requirements()
    wrong: Requirement = replace(first, **change)  # type: ignore[arg-type]
    assert said in list(faults([wrong, *others]))
