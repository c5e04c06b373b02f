"""Penalties on the command line, as an officer without a system of his own uses them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from services import penalty_commands
from services.command_line import program
from services.supervision.penalty_desk import PenaltyDesk
from services.trouble import WronglyAsked
from tests.linkage import Linkage
from tests.penalties import desk, impose, said, stated


def test_an_officer_amends_a_penalty_with_all_facts_by_standard_input_and_annuls_it(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def opened() -> Iterator[PenaltyDesk]:
        yield desk(linkage)

    monkeypatch.setattr(penalty_commands, "opened_penalties", opened)
    monkeypatch.setattr(penalty_commands, "china_day", lambda: linkage.today)

    def run(*words: str, given: str = "") -> Any:
        arguments = ["penalties", *words, "--officer", "S-0417"]
        return CliRunner().invoke(program(arguments), arguments, input=given)

    penalty = impose(linkage)
    amended = stated(fine=Decimal("0.1"), content="罚款1000元").model_dump_json()
    answer = run("amend", str(penalty), "-", "行政复议变更", given=amended)
    assert (answer.exit_code, answer.stdout) == (0, "已登记\n")
    assert [event.facts.fine for event in said(linkage, penalty)][-1] == "0.1"
    again = run("amend", str(penalty), "-", "行政复议变更", given=amended)
    assert (again.exit_code, "没有任何变化" in again.stderr) == (1, True)
    unknown = run("amend", str(uuid4()), "-", "行政复议变更", given=amended)
    assert (unknown.exit_code, "没有找到这一处罚" in unknown.stderr) == (1, True)
    for spoiled, complaint in (("{", "no JSON"), ('{"fine": 1}', "penalty.document_number")):
        wrong = run("amend", str(penalty), "-", "行政复议变更", given=spoiled)
        assert isinstance(wrong.exception, WronglyAsked)
        assert complaint in str(wrong.exception)
    day = linkage.today + timedelta(days=1)
    assert run("annul", str(penalty), "证据不足", "--on", f"{day}").exit_code == 1, "no day to come"
    assert run("annul", str(penalty), "证据不足").exit_code == 0
