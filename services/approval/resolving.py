"""The supervision side asks who a party is: it is found or registered, and what is personal about it is sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import psycopg

from events import sealing
from events.approval import Party
from events.masking import mask_numbers
from services.approval.parties import (
    KnownParty,
    find_or_register,
    shown_of,
    stated_facts,
    subject_keys,
)
from services.party_resolution import HIDDEN, AskedParty, ResolvedParty
from services.stated import StatedParty


def resolve(connection: psycopg.Connection, master: bytes, asked: Sequence[AskedParty]) -> list[ResolvedParty | None]:
    """Answer ``asked`` in order, registering the parties that are new, in the caller's transaction.

    None for a party whose key was destroyed, or an id that nobody has.
    """
    by_number = find_or_register(connection, master, [one.party for one in asked if one.party])
    keys = subject_keys(connection, master, [one.known.party_id for one in asked if one.known])
    answers: list[ResolvedParty | None] = []
    for one in asked:
        if one.party is not None:
            known = by_number.get(one.party.identifier)
            answers.append(_of_stated(one, one.party, known) if known else None)
        else:
            assert one.known is not None
            key = keys.get(one.known.party_id)
            answers.append(_of_known(one, one.known, key) if key else None)
    return answers


def _of_stated(one: AskedParty, stated: StatedParty, known: KnownParty) -> ResolvedParty:
    shown = shown_of(stated)
    hidden = dict.fromkeys(one.free_texts, "") if shown.personal else {}
    for name, text in (one.free_texts | one.texts | one.words).items():
        if name not in hidden and shown.told_in(text):
            hidden[name] = HIDDEN
        elif name not in hidden and (masked := mask_numbers(text)) != text:
            hidden[name] = masked
    return _sealed(one, known.key, hidden, stated_facts(stated), shown.as_party(known))


def _of_known(one: AskedParty, known: Party, key: bytes) -> ResolvedParty:
    # Whom the texts might name is sealed and is not looked up: of a personal party, which has no code, none is shown.
    texts = one.free_texts | one.texts | one.words
    hidden = {name: masked for name, text in texts.items() if (masked := mask_numbers(text)) != text}
    if known.uscc is None:
        hidden = dict.fromkeys(one.free_texts, "") | dict.fromkeys(one.texts | one.words, HIDDEN)
    return _sealed(one, key, hidden, {}, known)


def _sealed(
    one: AskedParty, key: bytes, hidden: Mapping[str, str], facts: Mapping[str, object], party: Party
) -> ResolvedParty:
    texts = one.free_texts | one.texts | one.words
    taken = {name: texts[name] for name in hidden if texts[name]}
    personal = {**facts, **taken}
    return ResolvedParty.model_construct(
        party=party,
        texts=texts | {name: hidden[name] for name in taken},
        personal=sealing.seal(key, party.party_id, personal),
        mark=sealing.mark(key, {name: value for name, value in personal.items() if name not in one.words}),
    )
