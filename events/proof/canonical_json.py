"""The one text that a JSON value has: RFC 8785 (JCS), for whatever is signed or digested and was not written here.

``events.envelope.canonical`` sorts keys too, and writes the same text for all that a ledger holds: keys of ASCII,
no number with a fraction, none beyond 2**53. It differs from RFC 8785 in three things that others may send: keys beyond
the basic plane (sorted there by UTF-16 units), numbers with fractions or exponents (``1e16``, ``-0.0``), and integers
that a double cannot hold, which RFC 8785 does not know.
"""

from __future__ import annotations

from typing import Any

import rfc8785


class NotCanonical(ValueError):
    """The value has no canonical text: an integer beyond 2**53, not a number, half a surrogate pair."""


def canonical_json(value: Any) -> bytes:
    """Return ``value`` as RFC 8785 writes it, in UTF-8, or raise ``NotCanonical``. Never repeats what it was given."""
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise NotCanonical(type(error).__name__) from None
