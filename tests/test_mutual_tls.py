"""A program that holds a certificate is known by it, from the handshake alone, and by nothing that it says."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from events.database import raw
from services.access import key_store
from services.access.actions import Action
from services.access.entrance import Entrance
from services.access.key_door import by_certificate, by_key
from services.access.machine_keys import NoKey, new_key
from services.own_tls import NAMES, OwnTls, names_of
from services.web_server import serving, take_port
from tests.certificates import Authority
from tests.guarded_site import NOON, GuardedSite, shown
from tests.invented import BODY
from tests.linkage import Linkage

BUREAU = "permits.haizhou.example"
MINE = {"body": BODY}


def written(folder: Path, name: str, authority: Authority) -> tuple[Path, Path]:
    key, certificate = authority.sign(name)
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    for path, text in zip(paths, (certificate, key), strict=True):
        path.write_bytes(text)
    return paths


@contextmanager
def listening(site: GuardedSite, tls: OwnTls) -> Iterator[str]:
    app = site.approval.app
    engine = site.linkage.approval
    app.state.entrance = Entrance((by_key(engine, lambda: site.now), by_certificate(engine, lambda: site.now)))  # type: ignore[attr-defined]
    port, stop = take_port("127.0.0.1", 0, "--port"), threading.Event()
    thread = threading.Thread(target=serving("web", app, port, lifespan="off", tls=tls).run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield f"https://localhost:{port.getsockname()[1]}/api/v1/decisions"
    finally:
        stop.set()
        thread.join(10)
        port.close()


def test_a_certificate_of_the_sites_authority_opens_what_its_key_allows(linkage: Linkage, tmp_path: Path) -> None:
    ours, theirs = Authority(), Authority()
    server = written(tmp_path, "localhost", ours)
    clients = ours.write(tmp_path / "clients.pem")
    bureau, unbound, forged = (
        written(tmp_path, BUREAU, ours),
        written(tmp_path, "other.haizhou.example", ours),
        written(tmp_path, "forged.example", theirs),
    )
    site = GuardedSite(linkage)
    bound, _ = new_key("permits", BODY, [Action.READ_DECISIONS], "S-1", NOON, timedelta(days=30), BUREAU)
    with linkage.approval.begin() as transaction:
        key_store.add(raw(transaction), bound)

    def asked(url: str, holding: tuple[Path, Path] | None, **headers: str) -> int:
        context = ssl.create_default_context(cafile=str(clients))
        if holding:
            context.load_cert_chain(*holding)
        with httpx.Client(verify=context, trust_env=False) as client:
            return client.get(url, params=MINE, headers=headers).status_code

    with listening(site, OwnTls(*server, clients)) as url:
        assert asked(url, bureau) == 200
        assert asked(url, unbound) == 401
        assert asked(url, None) == 401
        # What a gateway might write is what anybody might write.
        said = {"X-Client-Cert": BUREAU, "X-SSL-Client-S-DN": f"CN={BUREAU}", NAMES: BUREAU}
        assert asked(url, None, **said) == 401
        assert asked(url, None, **shown(site.key("approval", BODY, Action.READ_DECISIONS))) == 200
        with pytest.raises((httpx.ReadError, httpx.ConnectError, httpx.RemoteProtocolError)):
            asked(url, forged)
        site.now += timedelta(days=30)
        assert asked(url, bureau) == 401


def test_whoever_asks_for_no_certificates_believes_none(linkage: Linkage, tmp_path: Path) -> None:
    """The same certificate at a service that does not ask for one: what lets it in above is the handshake."""
    ours = Authority()
    server, bureau = written(tmp_path, "localhost", ours), written(tmp_path, BUREAU, ours)
    site = GuardedSite(linkage)
    bound, _ = new_key("permits", BODY, [Action.READ_DECISIONS], "S-1", NOON, timedelta(days=30), BUREAU)
    with linkage.approval.begin() as transaction:
        key_store.add(raw(transaction), bound)
    context = ssl.create_default_context(cafile=str(ours.write(tmp_path / "clients.pem")))
    context.load_cert_chain(*bureau)
    with listening(site, OwnTls(*server)) as url, httpx.Client(verify=context, trust_env=False) as client:
        assert client.get(url, params=MINE).status_code == 401


def test_the_key_of_a_certificate_has_no_text_that_opens_it(linkage: Linkage) -> None:
    site = GuardedSite(linkage)
    bound, text = new_key("permits", BODY, [Action.READ_DECISIONS], "S-1", NOON, timedelta(days=30), BUREAU)
    with linkage.approval.begin() as transaction:
        key_store.add(raw(transaction), bound)
    assert site.approval.get("/api/v1/decisions", params=MINE, headers=shown(text)).json()["code"] == "key_unknown"
    with linkage.approval.begin() as transaction:
        key_store.add(raw(transaction), replace(bound, id="0" * 12, certificate=None))
    plain = shown(text.replace(bound.id, "0" * 12))
    assert site.approval.get("/api/v1/decisions", params=MINE, headers=plain).status_code == 200
    with pytest.raises(NoKey):
        new_key("permits", BODY, [Action.READ_DECISIONS], "S-1", NOON, timedelta(days=30), "*.haizhou.example")


def test_only_subject_alternative_names_are_names() -> None:
    certificate = {
        "subject": ((("commonName", "boss.example"),),),
        "subjectAltName": (("DNS", "A.Example"), ("IP Address", "10.0.0.1"), ("URI", "urn:x:1")),
    }
    assert names_of(certificate) == ("a.example", "urn:x:1")
    assert names_of(None) == names_of({}) == ()
