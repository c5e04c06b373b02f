"""Tasks and standing on the command line, as a clerk without a system of his own uses them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from uuid import UUID

from tests.invented import decision
from tests.linkage import MASTER, Linkage
from tests.test_looking import LINKAGE, site_of
from tests.test_tasks import punish


def test_a_clerk_lists_answers_and_asks_whether_to_grant(linkage: Linkage, tmp_path: Path) -> None:
    key = tmp_path / "master.key"
    key.write_text(MASTER.hex())
    site = site_of(
        tmp_path,
        APPROVAL_DATABASE_URL=linkage.approval_url,
        SUPERVISION_DATABASE_URL=linkage.supervision_url,
        LINKAGE_MASTER_KEY_FILE=str(key),
    )

    def run(*words: str, given: str = "") -> tuple[int, str]:
        done = subprocess.run(
            [*LINKAGE, *words], env=site, input=given, capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stdout or done.stderr

    (granted,) = linkage.submit(decision())
    assert isinstance(granted.permit, UUID)
    task = punish(linkage, granted.permit)
    code, said = run("tasks", "list", "--json")
    (listed,) = json.loads(said)
    assert (code, listed["task"], listed["kind_in_words"]) == (0, task, "行政处罚")
    answer = ("tasks", "answer", task, "--clerk", "S-0102", "--outcome", "no_action")
    code, said = run(*answer)
    assert (code, "备注和不予处理必须说明理由" in said) == (1, True)
    assert run(*answer, "--reason", "违法行为轻微并已改正")[0] == 0
    # The number comes by standard input: a command line is read by every user of the machine.
    code, said = run("standing", "-", "--json", given=f"{decision().party.identifier}\n")
    assert (code, json.loads(said)["standing"]) == (0, "warn")
