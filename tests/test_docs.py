"""The documentation says what the code does: links, commands, generated pages, and nothing of the machine it was on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs import generated, meanings, measured_table
from docs.events_page import NESTED, meaning_of
from events.approval import Decided
from events.catalogue import CATALOGUE
from services.command_line import COMMANDS

ROOT = Path(__file__).parents[1]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])
LINK = re.compile(r"(?<!\!)\[[^\]\n]*\]\(([^)\s]+)\)|!\[[^\]\n]*\]\(([^)\s]+)\)")
COMMAND = re.compile(r"\blinkage ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)")
NAMED = re.compile(r"`((?:events|projections|services|tests|docs|deploy|bench)/[\w./-]+)`")
MACHINE = re.compile(r"(?<![\w.:])/(?:work|root|home|tmp|var|usr|opt)\b")
ELSEWHERE = re.compile(r"https?://(?!127\.0\.0\.1|localhost|host\b)[\w.-]+")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def headings(page: Path) -> set[str]:
    outside = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return {anchor(line.lstrip("#")) for line in outside.splitlines() if line.startswith("#")}


def links(page: Path) -> Iterator[str]:
    for found in LINK.finditer(page.read_text()):
        yield found[1] or found[2]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        place, _, part = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        assert target.exists(), f"{link} is not there"
        if part:
            assert part in headings(target), f"{link}: no such heading"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_that_is_named_exists(page: Path) -> None:
    groups = {words.split()[0] for words in COMMANDS if " " in words}
    for found in COMMAND.finditer("\n".join(code_in(page.read_text()))):
        first, *rest = found[1].split()
        words = found[1] if first in groups and rest else first
        known = words in COMMANDS or (words in groups and not rest)
        assert known, f"linkage {found[1]}"


def code_in(text: str) -> Iterator[str]:
    """Yield fenced blocks line by line, and what stands between backticks: prose may say "the linkage" of anything."""
    for block in re.findall(r"^```[^\n]*\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL):
        yield from block.splitlines()
    yield from re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_that_is_named_exists(page: Path) -> None:
    for named in NAMED.findall(page.read_text()):
        assert (ROOT / named).exists(), named


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_page_names_a_machine_or_a_registry(page: Path) -> None:
    text = page.read_text()
    assert not MACHINE.search(text), MACHINE.search(text)
    assert not ELSEWHERE.search(text), ELSEWHERE.search(text)


def test_what_the_code_writes_is_current() -> None:
    for path, text in generated.pages().items():
        assert path.read_text() == text, f"{name_of(path)}: run `python -m docs.generated`"


def test_a_figure_that_is_measured_anew_is_carried_to_the_capacity_guide() -> None:
    guide, scaling = (ROOT / "docs" / "deploying.md").read_text(), measured_table.SCALING.read_text()
    assert measured_table.of_a_projector(scaling) in guide
    anew = re.sub(r"\| [\d,]+ / ", "| 9,999 / ", scaling)
    assert measured_table.of_a_projector(anew) not in guide, "what scaling.md alone says is noticed"


def test_every_table_that_the_code_writes_stands_on_a_page() -> None:
    marks = "".join(page.read_text() for page in PAGES)
    for table in generated.TABLES:
        assert f"<!-- written: {table} -->" in marks, table


def test_every_event_and_every_field_has_a_meaning_and_nothing_else_has() -> None:
    assert meanings.EVENTS.keys() == CATALOGUE.keys()
    fields = {field for entry in CATALOGUE.values() for field in entry.model.model_fields}
    owners = {f"{name}.{field}" for name, entry in CATALOGUE.items() for field in entry.model.model_fields}
    assert set(meanings.FIELDS) <= fields | owners
    for name, entry in CATALOGUE.items():
        for field in entry.model.model_fields:
            assert meaning_of(name, field), f"{name}.{field}"
    assert set(Decided.model_fields) <= set(meanings.FIELDS)
    for model in NESTED:
        assert meanings.PARTS[model.__name__].keys() == model.model_fields.keys()


def test_every_decision_record_is_in_the_list_in_order() -> None:
    folder = ROOT / "docs" / "decisions"
    records = sorted(page.name for page in folder.glob("0*.md"))
    listed = re.findall(r"\((0\d{3}-[\w-]+\.md)\)", (folder / "README.md").read_text())
    assert listed == records
    assert [int(name[:4]) for name in records] == list(range(1, len(records) + 1))
    for name in records:
        title = (folder / name).read_text().splitlines()[0]
        assert title.startswith(f"# {name[:4]} "), name


ATTACK = re.compile(r"\[([\w ]+)\]\(\.\./(tests/\w+\.py)\)")


@pytest.mark.parametrize("page", ["promises.md", "threat-model.md"])
def test_every_attack_and_every_control_that_a_page_names_is_a_test(page: str) -> None:
    named = ATTACK.findall((ROOT / "docs" / page).read_text())
    assert len(named) > 30
    for sentence, file in named:
        assert f"def test_{sentence.replace(' ', '_')}(" in (ROOT / file).read_text(), f"{file}: {sentence}"


def test_a_broken_page_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("[there](nowhere.md) `linkage forget` /work/main https://example.org")
    with pytest.raises(AssertionError):
        test_every_link_leads_somewhere(page)
    with pytest.raises(AssertionError):
        test_every_command_that_is_named_exists(page)
    with pytest.raises(AssertionError):
        test_no_page_names_a_machine_or_a_registry(page)
