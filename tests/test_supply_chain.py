"""What the product is made of is listed, as it is locked, and nothing of it binds whoever uses the product."""

from __future__ import annotations

import json
import re
from importlib.metadata import distributions
from pathlib import Path

from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCKED = re.compile(r"^([A-Za-z0-9_.\[\]-]+)==([^\s;\\]+)", re.MULTILINE)
STRONG = re.compile(r"\b(A?GPL|GNU (Affero )?General Public)", re.IGNORECASE)
WEAK = re.compile(r"\bL(esser )?GPL|Lesser General Public", re.IGNORECASE)


def locked() -> dict[str, str]:
    """Return what ``requirements.lock`` holds: name and version."""
    found = LOCKED.findall((ROOT / "requirements.lock").read_text())
    return {canonicalize_name(name.partition("[")[0]): version for name, version in found}


def test_the_bill_of_materials_is_of_the_lock_file() -> None:
    bill = json.loads((ROOT / "deploy" / "sbom.cdx.json").read_text())
    assert bill["bomFormat"] == "CycloneDX"
    listed = {canonicalize_name(one["name"]): one["version"] for one in bill["components"]}
    assert listed == locked(), "make sbom"
    assert len(listed) > 80


def strong_copyleft(licence: str) -> bool:
    """Whether a licence binds whoever links to it: the LGPL (psycopg) does not, a choice with another does not."""
    parts = re.split(r"\s+OR\s+|;|\s/\s", licence)
    return all(STRONG.search(one) and not WEAK.search(one) for one in parts)


def test_no_library_is_under_a_licence_that_would_bind_who_uses_the_product() -> None:
    judged, wrong = 0, []
    for one in distributions():
        name = canonicalize_name(one.metadata["Name"] or "")
        if name not in locked():
            continue
        meta = one.metadata.json
        kinds = [
            str(word).rsplit(" :: ", 1)[-1] for word in meta.get("classifier", []) if str(word).startswith("License")
        ]
        said = str(meta.get("license_expression") or "; ".join(kinds) or meta.get("license") or "")
        judged += 1
        if strong_copyleft(said):
            wrong.append((name, said))
    assert (wrong, judged > 80) == ([], True)


def test_a_licence_that_binds_is_found_and_one_that_does_not_is_let_through() -> None:
    for bound in ("GPL-3.0-only", "GNU General Public License v3 (GPLv3)", "AGPL-3.0-or-later"):
        assert strong_copyleft(bound)
    for free in ("LGPL-3.0-only", "GNU Lesser General Public License v3 (LGPLv3)", "MIT", "GPL-2.0 OR MIT", ""):
        assert not strong_copyleft(free)
