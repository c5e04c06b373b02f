"""A legal basis names a document, or it does not: however it is written, and never a document that is merely alike."""

from __future__ import annotations

import pytest

from events.rule_changes import Document
from services.legal_basis import Bases

LAW = Document(title="中华人民共和国食品安全法", number="主席令第二十一号")
POLICY = Document(title="海州市食品经营许可管理办法", number="海政发〔2019〕5号")
STANDARD = Document(number="GB 2760-2014")


@pytest.mark.parametrize(
    ("basis", "document"),
    [
        ("《中华人民共和国食品安全法》第三十五条", LAW),
        ("《食品安全法》第三十五条", LAW),
        ("〈食品安全法〉", LAW),
        ("食品安全法第三十五条", LAW),
        ("依据食品安全法的规定", LAW),
        ("《行政许可法》第十二条、《食品安全法》第三十五条", LAW),
        ("海政发〔2019〕5号", POLICY),
        ("海政发[2019]5号文件第八条", POLICY),
        ("依据海政发（２０１９）５号", POLICY),
        ("《海州市食品经营许可管理办法》(海政发〔2019〕5号)", POLICY),
        ("《海州市 食品经营许可管理办法》第八条", POLICY),
        ("gb2760-2014 第4章", STANDARD),
    ],
)
def test_a_document_is_named_however_it_is_written(basis: str, document: Document) -> None:
    assert Bases.of([document]).named_in(basis)


@pytest.mark.parametrize(
    ("basis", "document"),
    [
        ("", LAW),
        ("《食品安全法实施条例》第三条", LAW),
        ("食品安全法实施条例第三条", LAW),
        ("《海州市食品安全法宣传办法》", LAW),
        ("甘海政发〔2019〕5号", POLICY),
        ("海政发〔2019〕15号", POLICY),
        ("海政发〔2019〕5号之外", Document(number="海政发〔2019〕")),
        ("GB 2760-20141", STANDARD),
        ("任何依据", Document()),
    ],
)
def test_a_document_that_is_merely_alike_is_not_named(basis: str, document: Document) -> None:
    assert not Bases.of([document]).named_in(basis)


def test_a_search_for_the_bare_words_would_have_taken_another_law_for_this_one() -> None:
    assert "食品安全法" in "《食品安全法实施条例》第三条"
