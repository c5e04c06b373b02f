"""What a system is told can be changed, and who wanted all there was before checkpoints were sent gets them too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from typer.testing import CliRunner

from events.database import connect
from services import looking
from services.command_line import program
from services.migrating import Side
from services.webhooks import endpoints
from services.webhooks.checkpoint_messages import gather_checkpoint
from services.webhooks.saying import CHECKPOINT, KINDS
from services.webhooks.tables import WEBHOOKS_3
from tests.conftest import Databases
from tests.invented import MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.signing_town import NOON, SigningTown, signing

BEFORE = {side: KINDS[side] - {CHECKPOINT} for side in KINDS}


@pytest.fixture
def town(linkage: Linkage, tmp_path: Path) -> Iterator[SigningTown]:
    with signing(linkage, tmp_path, duty(co_departments=())) as found:
        found.linkage.publish(decision())
        found.linkage.number()
        found.linkage.number_pushes()
        found.minute()
        yield found


def registered(connection: Any, kinds: Any, url: str = "https://desk.invented.example/all") -> UUID:
    return endpoints.register(connection, bytes(32), MARKET_BUREAU, url, kinds, "v1", "0101", NOON)[0]


def kinds_of(connection: Any, endpoint: UUID) -> set[str]:
    return {kind for one in endpoints.listed(connection) if one.endpoint == endpoint for kind in one.kinds}


def test_who_was_told_all_there_was_is_sent_checkpoints_from_now_on(town: SigningTown) -> None:
    here = town.supervision.connection
    registered(here, BEFORE["supervision"])
    assert gather_checkpoint(here, "supervision", NOON) == 0, "the negative control: without the step it gets none"
    here.execute(WEBHOOKS_3)
    assert gather_checkpoint(here, "supervision", NOON) == 1
    here.execute(WEBHOOKS_3)
    assert gather_checkpoint(here, "supervision", NOON) == 0


@pytest.mark.parametrize("side", ["approval", "supervision"])
def test_who_chose_among_the_kinds_goes_on_as_he_chose(databases: Databases, side: Side) -> None:
    url = databases.approval_url if side == "approval" else databases.supervision_url
    with connect(url, application="test") as connection:
        everything = registered(connection, BEFORE[side])
        one_kind = sorted(BEFORE[side])[0]
        chosen = registered(connection, {one_kind}, "https://desk.invented.example/some")
        new = registered(connection, KINDS[side], "https://desk.invented.example/new")
        connection.execute(WEBHOOKS_3)
        assert [kinds_of(connection, one) for one in (everything, chosen, new)] == [
            KINDS[side],
            {one_kind},
            KINDS[side],
        ]


def test_what_a_system_is_told_is_changed_and_its_secret_stays(
    monkeypatch: pytest.MonkeyPatch, databases: Databases
) -> None:
    monkeypatch.setenv("APPROVAL_DATABASE_URL", databases.approval_url)
    monkeypatch.setenv("SUPERVISION_DATABASE_URL", databases.supervision_url)
    monkeypatch.setattr(looking, "open_journal", lambda *_, **__: None)  # it would last beyond the test
    with connect(databases.supervision_url, application="test") as connection:
        endpoint = registered(connection, {"push.made"})
        secrets = endpoints.secrets_of(connection, bytes(32), endpoint, NOON)

        def told(*more: str) -> tuple[int, set[str]]:
            words = ["webhooks", "kinds", str(endpoint), *more]
            return CliRunner().invoke(program(words), words).exit_code, kinds_of(connection, endpoint)

        assert told() == (0, set(KINDS["supervision"]))
        assert told("--kind", "push.moved", "--kind", CHECKPOINT) == (0, {"push.moved", CHECKPOINT})
        code, still = told("--kind", "task.opened")
        assert (code != 0, still) == (True, {"push.moved", CHECKPOINT})
        assert endpoints.secrets_of(connection, bytes(32), endpoint, NOON) == secrets
