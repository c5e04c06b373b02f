"""The settings that say where the databases are, by which roles they are reached, and how much room they have."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from services.setting_kinds import DatabaseUrl


class DatabaseSettings(BaseSettings):
    """Part of all settings."""

    data: Path = Field(
        Path("data"),
        validation_alias="LINKAGE_DATA",
        description="Folder of the embedded databases and of the master key.",
    )
    wal_archive: Path | None = Field(
        None,
        validation_alias="LINKAGE_WAL_ARCHIVE",
        description="Folder, on another disk, where the embedded server keeps its write-ahead log, so that it can be "
        "restored to any time. Without it: a backup is restored as it was made.",
    )
    approval_database_url: DatabaseUrl | None = Field(
        None,
        validation_alias="APPROVAL_DATABASE_URL",
        description="Database of the approval side (PostgreSQL 15 or later). Without it: embedded, in the data folder.",
    )
    supervision_database_url: DatabaseUrl | None = Field(
        None,
        validation_alias="SUPERVISION_DATABASE_URL",
        description="Database of the supervision side. Without it: embedded, in the data folder.",
    )
    approval_ledger_url: DatabaseUrl | None = Field(
        None,
        validation_alias="APPROVAL_LEDGER_URL",
        description="The approval database by a role that may only read its ledger, for the supervision side and the "
        "embedded log. Without it: APPROVAL_DATABASE_URL.",
    )
    supervision_ledger_url: DatabaseUrl | None = Field(
        None,
        validation_alias="SUPERVISION_LEDGER_URL",
        description="The supervision database by a role that may only read its ledger, for the approval side and the "
        "embedded log. Without it: SUPERVISION_DATABASE_URL.",
    )
    approval_web_database_url: DatabaseUrl | None = Field(
        None,
        validation_alias="APPROVAL_WEB_DATABASE_URL",
        description="The approval database by the role linkage_web, for the web service alone: it owns nothing, sees "
        "the rows of whoever asks. Without it: APPROVAL_DATABASE_URL, and no second wall; production demands it.",
    )
    supervision_web_database_url: DatabaseUrl | None = Field(
        None,
        validation_alias="SUPERVISION_WEB_DATABASE_URL",
        description="The supervision database by the role linkage_web, for the web service alone. Without it: "
        "SUPERVISION_DATABASE_URL, and no second wall; production demands it.",
    )
    backup_database_url: DatabaseUrl | None = Field(
        None,
        validation_alias="LINKAGE_BACKUP_DATABASE_URL",
        description="For databases of your own: their server by a role with REPLICATION, which `linkage backup make` "
        "copies it as. Without it: only your server's own tools copy them.",
    )
    disk_reserve: Annotated[int, Field(ge=0)] = Field(
        500,
        validation_alias="LINKAGE_DISK_RESERVE",
        description="Megabytes that stay free on the disk of the databases: below, nothing new is taken, and what was "
        "taken goes on. 0: nothing is refused.",
    )
    disk_folder: Path | None = Field(
        None,
        validation_alias="LINKAGE_DISK_FOLDER",
        description="For databases of your own: a folder on their disk, where the sequencer runs on their machine. "
        "Without it: their disk is not watched (the embedded ones' always is).",
    )
    database_room: Annotated[int, Field(ge=1)] | None = Field(
        None,
        validation_alias="LINKAGE_DATABASE_ROOM",
        description="Megabytes that each database may grow to, where its disk cannot be seen; the reserve is the last "
        "part of them. Without it: no limit.",
    )
