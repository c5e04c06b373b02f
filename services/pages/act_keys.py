"""The idempotency key of what a form asks for: the same form sent twice with the same content is one act."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from events.envelope import canonical

BY_PAGE = "page"
"""The caller under which a page's forms keep their first answer."""


def act_key(once: str, said: Any) -> str:
    """Return the key for ``said`` (JSON), sent by the form whose random key is ``once``.

    A form that was refused stays on the page with its key, and is sent again when it is mended: its content is part of
    the key, or the mended form would be taken for the refused one. Nothing of the content can be told from the key.
    """
    return hmac.digest(once.encode(), canonical(said), hashlib.sha256).hex() if once else ""
