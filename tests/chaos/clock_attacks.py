"""Each side's machine has a clock of its own, and both are set while the site works."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice, pairwise

import httpx

from events.catalogue import DECISIONS
from events.envelope import event_id
from services.supervision.claim_limits import ClaimLimits
from services.time_rules import read_time_rules
from services.working_days import china_day
from tests.chaos.clocks import cases
from tests.chaos.judge import Finding
from tests.chaos.profile import Profile
from tests.chaos.siege import Siege
from tests.chaos.site import Site, until

TOLD_SECONDS = 60.0
TRUE_SECONDS = 2.5
"""The time on the way, on a busy machine."""
LAG_SECONDS = 60.0
"""A busy machine's; every wrong clock would make ten minutes of it."""
SCRAPE_SECONDS = 0.3
_SAID = re.compile(r'^linkage_(projection_lag_seconds|source_clock_skew_seconds)\{\w+="(\w+)"\} (\S+)$', re.MULTILINE)
LAG, SKEW = "projection_lag_seconds", "source_clock_skew_seconds"


class Watch(threading.Thread):
    """Scrapes both sides as Prometheus does. ``skew``: of each source, as its reader said last; ``lags``: each with
    its projection, since they were last asked for."""

    def __init__(self, site: Site) -> None:
        super().__init__(name="prometheus", daemon=True)
        self.addresses = (site.approval, site.supervision)
        self.stopping = threading.Event()
        self.skew: dict[str, float] = {}
        self.lags: list[tuple[str, float]] = []

    def run(self) -> None:
        with httpx.Client(timeout=10, trust_env=False) as client:
            while not self.stopping.wait(SCRAPE_SECONDS):
                for address in self.addresses:
                    self._scrape(client, address)

    def _scrape(self, client: httpx.Client, address: str) -> None:
        try:
            text = client.get(f"{address}/metrics").raise_for_status().text
        except httpx.HTTPError:
            return
        for name, of, seconds in said(text):
            if name == SKEW:
                self.skew[of] = seconds
            else:
                self.lags.append((of, seconds))

    def take_lags(self) -> list[tuple[str, float]]:
        taken, self.lags = self.lags, []
        return taken


def said(text: str) -> list[tuple[str, str, float]]:
    """Return what metrics say of lags and clocks: which it is, of what, and seconds."""
    return [(name, of, float(seconds)) for name, of, seconds in _SAID.findall(text)]


@contextmanager
def _watched(site: Site) -> Iterator[Watch]:
    watch = Watch(site)
    watch.start()
    try:
        yield watch
    finally:
        watch.stopping.set()
        watch.join()


def clocks_apart(siege: Siege, profile: Profile) -> None:
    """Both sides' clocks are set under way: the publishers' by an hour or three days, ours by ten minutes."""
    believed: list[float] = []
    with _watched(siege.site) as watch:
        for publishers, ours in islice(cases(), profile.clocks):
            _set(siege, watch, publishers, ours)
            siege.attacks[f"clocks set: theirs {_words(publishers)}, ours {_words(ours)}"] += 1
            believed.append(_lag_by_the_stamps(siege.site))
        _set(siege, watch, timedelta(), timedelta())
    _judge_dates(siege, believed)


def _set(siege: Siege, watch: Watch, publishers: timedelta, ours: timedelta) -> None:
    """Set both clocks, and see that what is said of clocks and lags is true as soon as it is known."""
    clocks = siege.site.clocks
    clocks["approval"].set(publishers)
    clocks["supervision"].set(ours)
    moved, apart = time.monotonic(), (publishers - ours).total_seconds()
    watch.skew.clear()

    def true() -> bool:
        told = watch.skew
        wanted = {"approval": apart, "supervision": -apart}
        return all(abs(told.get(source, 1e9) - seconds) <= TRUE_SECONDS for source, seconds in wanted.items())

    try:
        known = until(true, TOLD_SECONDS, "")
    except TimeoutError:
        siege.odd.append(Finding("skew", f"the approval side's clock is {apart:+.0f} s ahead; told is {watch.skew}"))
    else:
        siege.notes.append(f"{apart:+,.0f} s apart: told {known:.1f} s later")
    siege.until_level(moved)
    before = watch.take_lags()
    until(lambda: len(watch.lags) >= 8, TOLD_SECONDS, "nothing is scraped")
    after = watch.take_lags()
    wrong = [one for one in before + after if one[1] < 0] + [one for one in after if one[1] > LAG_SECONDS]
    for projection, seconds in wrong[:1]:
        siege.odd.append(Finding("lag", f"{projection} says {seconds:,.0f} s with clocks {apart:+,.0f} s apart"))
    if worst := max((seconds for _, seconds in before if seconds > LAG_SECONDS), default=0.0):
        siege.notes.append(f"until it was known, a lag of {worst:,.0f} s was said")


def _lag_by_the_stamps(site: Site) -> float:
    """Return how far behind we are, to who believes the source's stamps."""
    with site.connect("approval") as approval, site.connect("supervision") as supervision:
        (recorded,) = approval.execute(
            "SELECT max(recorded_at) FROM (SELECT recorded_at FROM ledger ORDER BY position DESC LIMIT 1) AS newest"
        ).fetchone() or (None,)
        (now,) = supervision.execute("SELECT clock_timestamp()").fetchone() or (None,)
    return float((now - recorded).total_seconds())


def _judge_dates(siege: Siege, believed: list[float]) -> None:
    """Last days are counted from the day on which a push was made by our server's clock; nobody is reproached."""
    with siege.site.connect("approval") as approval, siege.site.connect("supervision") as supervision:
        decided = approval.execute(
            "SELECT stream, version, recorded_at FROM ledger WHERE type = ANY(%s) ORDER BY stream, version",
            (list(DECISIONS),),
        ).fetchall()
        pushes = supervision.execute(
            "SELECT occurred_at, causation, d -> 'claim' ->> 'on', d ->> 'claim_limit_days', "
            "d -> 'decision' -> 'facts' ->> 'matter_code' "
            "FROM (SELECT occurred_at, causation, data::jsonb AS d FROM ledger WHERE type = 'push_made') AS made"
        ).fetchall()
        limits = ClaimLimits(read_time_rules(supervision))
        reproaches = supervision.execute(
            "SELECT count(*) FROM ledger WHERE type IN ('reminder_given', 'limit_reached', 'escalated')"
        ).fetchone()
    recorded: dict[object, datetime] = {event_id("approval", stream, version): at for stream, version, at in decided}
    wrong = theirs = 0
    for made, cause, on, own, matter in pushes:
        if on is None or own is not None:
            continue
        wrong += str(limits.claim(None, matter, china_day(made)).on) != on
        theirs += str(limits.claim(None, matter, china_day(recorded[cause])).on) != on
    if wrong:
        siege.odd.append(Finding("date", f"{wrong} pushes have another last day than our server's day makes"))
    if reproaches and reproaches[0]:
        siege.odd.append(Finding("reproach", f"{reproaches[0]} reminders were given though nobody was late"))
    turned = sum(one[0] == other[0] and one[2] > other[2] for one, other in pairwise(decided))
    off = sum(abs(seconds) > LAG_SECONDS for seconds in believed)
    siege.control = (
        f"by the stamps {turned:,} decisions stand before an earlier one of their permit, {theirs:,} pushes have "
        f"another last day, {off} of {len(believed)} lags are below 0 or hours"
    )
    if not (turned and theirs and off):
        siege.voids.append(f"the clocks had no effect: {siege.control}")


def _words(ahead: timedelta) -> str:
    return f"{ahead.total_seconds() / 60:+,.0f} min"
