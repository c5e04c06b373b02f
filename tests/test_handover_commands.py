"""Opening stock on the command line: a department signs with an exception, and the bureau sees it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from services.approval.stock import hand_over
from tests.invented import MARKET_BUREAU, duty
from tests.linkage import MASTER, Linkage
from tests.test_handovers import BATCH, exchange, stock
from tests.test_looking import LINKAGE, site_of


def test_a_list_is_shown_signed_with_an_exception_and_seen_by_its_sender(linkage: Linkage, tmp_path: Path) -> None:
    key = tmp_path / "master.key"
    key.write_text(MASTER.hex())
    site = site_of(
        tmp_path,
        APPROVAL_DATABASE_URL=linkage.approval_url,
        SUPERVISION_DATABASE_URL=linkage.supervision_url,
        LINKAGE_MASTER_KEY_FILE=str(key),
    )

    def run(*words: str) -> tuple[int, str]:
        done = subprocess.run(
            [*LINKAGE, "handovers", *words], env=site, capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stdout

    linkage.duties(duty(co_departments=()))
    one, _ = (outcome.permit for outcome in linkage.submit(stock(1), stock(2)))
    hand_over(linkage.approval, BATCH)
    exchange(linkage)
    code, said = run("list", "--unsigned", "--json")
    (listed,) = json.loads(said)["handovers"]
    assert (code, listed["permits"]) == (0, 2)
    excepted = ("--except", f"{one}=other:已歇业", "--officer", "S-0102")
    code, said = run("sign", MARKET_BUREAU, listed["list"], *excepted)
    assert (code, said.strip()) == (
        0,
        "已签收第 1 号移交清单: 接收 1 件, 退回 1 件, 此前已单独办理 0 件, 已撤回 0 件",
    )
    code, said = run("show", listed["list"], "--json")
    assert [row["state_in_words"] for row in json.loads(said)["rows"]] == ["已退回", "已签收"]
    exchange(linkage)
    code, said = run("sent", "--json")
    assert [row["permit"] for row in json.loads(said)["handovers"][0]["returned"]] == [str(one)]
