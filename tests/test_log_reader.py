"""One side reads the other's ledger, and nothing else of its database."""

from __future__ import annotations

from contextlib import closing

import psycopg
import pytest

from events.database import connect
from events.log.embedded import EmbeddedLog
from services.log_reader import reader_url
from tests.invented import decision
from tests.linkage import Linkage


def test_the_reader_sees_the_ledger_and_is_refused_everything_else(linkage: Linkage) -> None:
    linkage.submit(decision())
    linkage.number()
    url = reader_url(linkage.approval_url)
    with closing(EmbeddedLog(url, "approval")) as log:
        assert len(log.read(log.beginning(), 10).records) == 1
        assert log.identity() == linkage.log.identity()
    with closing(connect(url, application="test")) as connection:
        for table in ("parties", "permit_numbers", "outbox", "answers", "waiting_rows"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT 1 FROM {table}".encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM ledger")
