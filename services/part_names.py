"""What a part is called where a site runs it: its unit of systemd, its container, and how it is started again. Pure."""

from __future__ import annotations

_WEB = ("approval", "supervision")


def unit(side: str, part: str) -> str:
    """Return the unit of a part of ``linkage run``; of projectors, which are several, the first."""
    if part in _WEB:
        return f"linkage-{part}-web"
    if part == "all":
        return f"linkage-{side}.target"
    return f"linkage-{side}-projector@1" if part == "projector" else f"linkage-{side}-{part}"


def container(side: str, part: str) -> str:
    """Return what ``deploy/compose`` calls the part."""
    return part if part in _WEB else f"{side}-{part}"


def restarting(side: str, part: str) -> str:
    """Return how an operator starts a part again, whichever way the site runs it."""
    return (
        f"systemctl restart {unit(side, part)}"
        f"（容器：docker compose restart {container(side, part)}；直接在命令行运行的站点：linkage run {part}）"
    )
