"""What the targets know: a clock, keys, and where samples lie."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from docs.proof_samples import KEY
from events.proof.signing import KeyRing
from services.approval.batch_signature import BodyKeys
from tests.invented import BODY

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
KEYS = BodyKeys(KeyRing([KEY.key]), {KEY.key.id: BODY}, ())
DEPLOY = Path(__file__).parents[2] / "deploy"
GOLDEN = Path(__file__).parents[1] / "golden" / "kafka_record.json"
