"""What each field of the events about erased parties means; see ``docs/meanings.py``."""

from __future__ import annotations

from collections.abc import Mapping

EVENTS: Mapping[str, str] = {
    "party_erased": "删除个人信息. The key of a party was destroyed: its personal part can be read nowhere any more.",
}

FIELDS: Mapping[str, str] = {
    "party_erased.party_id": "The party. Lists show （已删除） in place of its mask.",
    "party_erased.reason": "Why, in the words of who asked. It names no person.",
    "party_erased.asked_by": "Who asked, by staff number.",
    "party_erased.asked_at": "When.",
    "party_erased.consented_by": "Who consented, by staff number: another person.",
    "party_erased.consented_at": "When; the key was destroyed then.",
}
