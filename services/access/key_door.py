"""The doorkeeper of programs: whoever shows a machine key is the system that holds it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import unquote_plus

import psycopg
import structlog
from fastapi import Request
from sqlalchemy import Engine

from events.database import raw
from services.access import key_store
from services.access.callers import EVERYBODY, Caller, Scope
from services.access.entrance import Doorkeeper
from services.access.machine_keys import KeyState, MachineKey, key_within, shown_key
from services.own_tls import NAMES
from services.problems import Problem

log = structlog.get_logger()


def key_in_address(id: str) -> Problem:
    return Problem(
        401,
        "key_in_address",
        "密钥不得写在网址中",
        f"网址会留在日志和浏览记录中，密钥 {id} 应视为已经泄露。本次请求没有办理。",
        "请立即撤销该密钥并换用新的密钥；密钥只写在 Authorization: Bearer 请求头中。",
    )


def key_unknown() -> Problem:
    """One answer for a key that never was, was mistyped, or was of the other side: it tells a guesser nothing."""
    return Problem(401, "key_unknown", "密钥无效", "没有这个密钥。", "请核对密钥是否完整，以及是否属于本侧服务。")


def key_ended(key: MachineKey, state: KeyState) -> Problem:
    return Problem(
        401,
        f"key_{state.value}",
        "密钥已失效",
        f"密钥 {key.id}（{key.name}）{state.words}。",
        "请向系统管理员领取新的密钥。",
    )


def _now() -> datetime:
    return datetime.now(UTC)


def by_key(engine: Engine, now: Callable[[], datetime] = _now) -> Doorkeeper:
    """Return who knows the keys kept behind ``engine``. Each request asks anew, so a revoked key ends at once."""
    asking = _in_one_step(engine)

    def known(request: Request) -> Caller | None:
        address = unquote_plus(f"{request.url.path}?{request.url.query}")
        if (leaked := key_within(address)) is not None:
            log.warning("key_refused", key=leaked, reason="key_in_address")
            request.path_params.clear()  # the audit repeats them, and one of them may be the key
            raise key_in_address(leaked)
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        shown = shown_key(text.strip())
        if shown is None:
            raise key_unknown()
        return caller_of(_opened(*shown))

    def _opened(id: str, secret: str) -> MachineKey:
        at = now()
        with asking.connect() as connection:
            key = key_store.find(raw(connection), id)
            if key is None or key.certificate or not key.opened_by(secret):
                log.warning("key_refused", key=id, reason="key_unknown")
                raise key_unknown()
            _used(raw(connection), key, at)
        return key

    return known


def by_certificate(engine: Engine, now: Callable[[], datetime] = _now) -> Doorkeeper:
    """Return who knows programs by the certificate of their connection (mutual TLS). One that is bound to no key is
    nobody's: its holder may still show a key, or sign in."""
    asking = _in_one_step(engine)

    def known(request: Request) -> Caller | None:
        names = request.scope.get(NAMES)
        if not names:
            return None
        at = now()
        with asking.connect() as connection:
            key = key_store.find_by_certificate(raw(connection), names)
            if key is None:
                return None
            _used(raw(connection), key, at)
        return caller_of(key)

    return known


def _in_one_step(engine: Engine) -> Engine:
    """Return ``engine`` without transactions: the beginning and the end of one would cost each request two journeys."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def _used(connection: psycopg.Connection, key: MachineKey, at: datetime) -> None:
    """Note the use of a key, or raise the problem (401) that it has ended."""
    if (state := key.state(at)) is not KeyState.VALID:
        log.warning("key_refused", key=key.id, reason=state.value)
        raise key_ended(key, state)
    if key.to_be_noted(at):
        key_store.note_use(connection, key, at)


def caller_of(key: MachineKey) -> Caller:
    scope = Scope(frozenset((key.body,))) if key.body else EVERYBODY
    return Caller(f"key:{key.id}", scope, actions=key.actions)
