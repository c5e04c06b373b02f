"""The settings that say where keys are, and of what kind those are that sign."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings

from events.proof.signing import Algorithm


class KeySettings(BaseSettings):
    """Part of all settings; the keys of entrance and webhooks are named beside what they are for."""

    master_key_file: Path | None = Field(
        None,
        validation_alias="LINKAGE_MASTER_KEY_FILE",
        description="64 hexadecimal digits that open every party's key; keep a copy elsewhere. "
        "Without it: master.key in the data folder, made at the first start; production demands it.",
    )
    erasures: Path | None = Field(
        None,
        validation_alias="LINKAGE_ERASURES_FILE",
        description="Which parties were erased, so that no older copy of the database brings them back; keep it with "
        "the copies of the master key. Without it: erasures.jsonl beside the master key.",
    )
    signing_keys: Path | None = Field(
        None,
        validation_alias="LINKAGE_SIGNING_KEYS",
        description="Folder of the keys that sign checkpoints, one file for each side, made at the first start; keep a "
        "copy elsewhere. Without it: where the master key is; production demands it.",
    )
    signing_algorithm: Algorithm = Field(
        Algorithm.ED25519,
        validation_alias="LINKAGE_SIGNING_ALGORITHM",
        description="What a new signing key is of: ed25519, or sm2 (with SM3 in the tree of a ledger that has none "
        "yet). sm2 needs `pip install 'linkage[gm]'`.",
    )
