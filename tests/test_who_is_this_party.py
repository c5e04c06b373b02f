"""The supervision side asks the approval side who a party is, and nothing personal is shown or left behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from events import sealing
from events.approval import PartyKind
from events.database import raw
from services.approval.http import Office, application, key_token
from services.approval.parties import subject_keys
from services.party_resolution import PATH, AskedParty, ResolvedParty
from services.supervision.party_register import HttpPartyRegister, RegisterAway
from services.web_server import serving, take_port
from tests.invented import decision, party
from tests.linkage import MASTER, Linkage

PERSON = party(kind=PartyKind.NATURAL, name="欧阳虚构", identifier="99010219900101123X", legal_representative="")


def service(linkage: Linkage) -> TestClient:
    return TestClient(application(Office(linkage.approval_web, linkage.web_desk, key_token(MASTER))))


def asked(**changes: Any) -> dict[str, Any]:
    return AskedParty.model_validate({"party": party()} | changes).model_dump(mode="json")


def resolve(bureau: TestClient, *parties: dict[str, Any]) -> list[ResolvedParty]:
    answer = bureau.post(PATH, json={"parties": list(parties)})
    assert answer.status_code == 200
    return [ResolvedParty.model_validate(one) for one in answer.json()["parties"]]


def opened(linkage: Linkage, answer: ResolvedParty) -> dict[str, Any]:
    with linkage.approval.connect() as connection:
        keys = subject_keys(raw(connection), MASTER, [answer.party.party_id])
    return sealing.unseal(keys[answer.party.party_id], answer.party.party_id, answer.personal)


def test_the_holder_of_a_permit_is_the_same_party_however_its_code_is_written(linkage: Linkage) -> None:
    (granted,) = linkage.submit(decision())
    assert granted.permit is not None
    ((holder,),) = linkage.rows("SELECT party FROM parties", side="approval")
    written = party().identifier.lower()
    (found,) = resolve(service(linkage), asked(party=party(identifier=f" {written[:9]}　{written[9:]} ")))
    assert found.party.party_id == holder
    assert (found.party.label, found.party.uscc) == (party().name, party().identifier)


def test_a_party_that_is_new_is_registered_once(linkage: Linkage) -> None:
    bureau = service(linkage)
    first, second = resolve(bureau, asked(), asked())
    (later,) = resolve(bureau, asked())
    assert first.party == second.party == later.party
    assert linkage.rows("SELECT count(*) FROM parties", side="approval") == [(1,)]


def test_of_a_natural_person_only_a_mask_is_shown_and_all_free_texts_are_sealed(linkage: Linkage) -> None:
    bureau = service(linkage)
    said = {
        "party": PERSON,
        "free_texts": {"facts": "在虚构路摆摊"},
        "texts": {"number": "罚〔2026〕1号", "who": "欧阳虚构案"},
    }
    (found,) = resolve(bureau, asked(**said))
    assert (found.party.label, found.party.uscc) == ("欧阳**", None)
    assert found.texts == {"facts": "", "number": "罚〔2026〕1号", "who": "（含个人信息，已隐去）"}
    sealed = opened(linkage, found)
    assert (sealed["name"], sealed["facts"], sealed["who"]) == ("欧阳虚构", "在虚构路摆摊", "欧阳虚构案")
    assert "number" not in sealed


def test_the_legal_representative_of_a_company_is_named_in_no_text_that_is_shown(linkage: Linkage) -> None:
    (found,) = resolve(service(linkage), asked(free_texts={"facts": "某甲拒不改正", "content": "罚款2000元"}))
    assert found.texts == {"facts": "（含个人信息，已隐去）", "content": "罚款2000元"}
    assert opened(linkage, found)["facts"] == "某甲拒不改正"


def test_texts_about_a_known_person_are_sealed_without_asking_for_the_name_again(linkage: Linkage) -> None:
    bureau = service(linkage)
    (person, company) = resolve(bureau, asked(party=PERSON), asked())
    texts: dict[str, Any] = {"party": None, "free_texts": {"facts": "未按承诺"}, "texts": {"number": "1号"}}
    of_person, of_company = resolve(bureau, *(asked(**texts, known=one.party) for one in (person, company)))
    assert of_person.texts == {"facts": "", "number": "（含个人信息，已隐去）"}
    assert opened(linkage, of_person) == {"facts": "未按承诺", "number": "1号"}
    assert of_company.texts == {"facts": "未按承诺", "number": "1号"}
    assert opened(linkage, of_company) == {}


def test_nothing_is_sealed_for_a_party_whose_facts_were_erased(linkage: Linkage) -> None:
    bureau = service(linkage)
    (person,) = resolve(bureau, asked(party=PERSON))
    with linkage.approval.begin() as transaction:
        raw(transaction).execute("UPDATE parties SET wrapped_key = NULL")
    both = [asked(party=PERSON), asked(party=None, known=person.party)]
    assert bureau.post(PATH, json={"parties": both}).json() == {"parties": [None, None]}


def test_a_question_that_does_not_fit_is_refused_without_repeating_it(linkage: Linkage) -> None:
    answer = service(linkage).post(PATH, json={"parties": [asked() | {"party": {"identifier": "99SECRET"}}]})
    assert answer.status_code == 422
    assert "SECRET" not in answer.text


@contextmanager
def listening(linkage: Linkage) -> Iterator[str]:
    import threading

    stop, port = threading.Event(), take_port("127.0.0.1", 0, "--port")
    app = application(Office(linkage.approval_web, linkage.web_desk, key_token(MASTER)))
    thread = threading.Thread(target=serving("approval-web", app, port).run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port.getsockname()[1]}"
    finally:
        stop.set()
        thread.join(10)
        port.close()


def test_over_the_network_the_answer_is_the_same_and_silence_is_a_refusal_to_send_again(linkage: Linkage) -> None:
    one = AskedParty(party=PERSON, free_texts={"facts": "在虚构路摆摊"})
    with listening(linkage) as url:
        (found,) = HttpPartyRegister(url).resolve([one])
        assert found is not None
        assert isinstance(found.party.party_id, UUID)
        assert opened(linkage, found)["facts"] == "在虚构路摆摊"
    with pytest.raises(RegisterAway, match="party_register_away") as away:
        HttpPartyRegister(url).resolve([one])
    assert "重新提交" in away.value.rule.repair
