"""What clerks read for the codes of the approval side alone. What both sides say is in ``services.wording``."""

from __future__ import annotations
