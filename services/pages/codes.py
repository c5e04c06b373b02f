"""Square codes: on a printed sheet, by which its record is found; or of what a telephone is to take from a page."""

from __future__ import annotations

from io import BytesIO

import segno


def qr_code(address: str, title: str = "核验二维码") -> str:
    """Return a QR code of ``address`` (ISO/IEC 18004, error correction M) as an SVG element without outside parts.
    ``title`` is read to those who do not see it."""
    into = BytesIO()
    segno.make(address, error="m", micro=False).save(
        into, kind="svg", scale=3, border=2, xmldecl=False, svgns=False, nl=False, title=title
    )
    return into.getvalue().decode()
