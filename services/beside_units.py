"""Where a site is run by its units, a bare shell begins no second, empty one."""

from __future__ import annotations

from pathlib import Path

from services.migrating import Side
from services.part_names import unit
from services.parts import Part, sides_of
from services.settings import Settings
from services.trouble import WronglyAsked

OF_UNITS = Path("/etc/linkage")
"""Where the units of ``deploy/systemd`` have their settings."""


def refuse_beside_units(settings: Settings, sides: frozenset[Side], instead: str) -> None:
    """A shell has none of the units' settings: whoever means to repair a part there would begin databases without a
    single decision, and take them for the site's. ``instead``: what is right."""
    data = settings.data.resolve()
    begins = any(side not in settings.own_databases for side in sides) and not (data / "postgres").exists()
    if begins and "data" not in settings.model_fields_set and OF_UNITS.is_dir():
        raise WronglyAsked(
            f"the site of this machine is run by units, with settings from {OF_UNITS} that this shell has not: an "
            f"empty site would begin under {data}. Instead: {instead}. If an empty site is meant, set LINKAGE_DATA to "
            "its folder"
        )


def instead_of_running(part: Part, side: Side | None) -> str:
    """Return the command for what ``linkage run PART`` was meant to do on such a site."""
    units = dict.fromkeys(unit(one, part) for one in sorted(sides_of(part, side)))
    return f"systemctl restart {' or '.join(units)}"


INSTEAD_OF_MIGRATING = "with the settings of a unit, by systemd-run as docs/deploying.md shows (systemd)"
