"""Whoever opens what is sealed stands in a list, with what becomes of it: a new place cannot show it in secret."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
OPENS = {"unseal", "subject_keys"}

KNOWN = {
    "services/approval/http_for_supervision.py": "hands keys to the supervision side; written down (keys_handed_out)",
    "services/approval/parties.py": "keeps the facts that stand when a permit is decided about again; shows none",
    "services/approval/restating.py": "states a permit anew for a decision; shows none",
    "services/approval/resolving.py": "seals; shows none",
    "services/approval/naming_persons.py": "refuses a text that names the holder; shows none",
    "services/approval/ledger_recovery.py": "finds a permit by its sealed number again; shows none",
    "services/approval/erased_copies.py": "looks for copies of what is about to be erased; shows none",
    "services/access/sealed_facts.py": "masks, and one fact in full; written down (personal_read, revealed)",
    "services/approval/sealed_facts.py": "fetches the key for the module above; shows none itself",
    "services/approval/waiting_rows.py": "tries rows of files again; pages show what they wait for, and no cell",
    "services/approval/file_imports.py": "rows to repair, for the clerk of their body; written down (personal_read)",
    "services/webhooks/sealing_key.py": "secrets of webhooks; no personal fact",
    "services/webhooks/endpoints.py": "secrets of webhooks; no personal fact",
}


def openers(folder: Path) -> Iterator[str]:
    for part in ("events", "projections", "services"):
        for path in sorted((folder / part).rglob("*.py")):
            text = path.read_text()
            if not any(f"{name}(" in text for name in OPENS):
                continue
            called = {
                node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                for node in ast.walk(ast.parse(text))
                if isinstance(node, ast.Call)
            }
            if called & OPENS:
                yield path.relative_to(folder).as_posix()


def test_every_module_that_opens_what_is_sealed_is_known_with_what_becomes_of_it() -> None:
    assert set(openers(ROOT)) == set(KNOWN)


def test_a_module_that_begins_to_open_is_noticed(tmp_path: Path) -> None:
    for part in ("events", "projections", "services"):
        (tmp_path / part).mkdir()
    (tmp_path / "services" / "new_page.py").write_text("def shown(box):\n    return sealing.unseal(KEY, PARTY, box)\n")
    (tmp_path / "services" / "other.py").write_text("def unseal():\n    return None\n")
    assert list(openers(tmp_path)) == ["services/new_page.py"]
