"""What people type and what it finds: widths, hyphens, telephones, numbers; for any text, not only for examples."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.cases import search
from apps.cases.models import Case
from tests.cases.life import Life

JAPANESE = st.text(
    st.one_of(
        st.characters(min_codepoint=0x3041, max_codepoint=0x30FF),  # kana
        st.characters(min_codepoint=0xFF01, max_codepoint=0xFF9F),  # full-width letters, half-width kana
        st.characters(min_codepoint=0x4E00, max_codepoint=0x4EFF),
        st.characters(min_codepoint=0x20, max_codepoint=0x7E),
    ),
    max_size=40,
)


def found(typed: str) -> list[str]:
    return list(Case.objects.filter(search.matches(typed)).order_by("pk").values_list("subject", flat=True))


@pytest.fixture
def printer(life: Life) -> Case:
    life.received(subject="返金の問い合わせ", customer="有限会社青葉", customer_phone="")
    return life.received(
        subject="プリンタＡ４が動かない", customer="㈱みなと商店", customer_phone="03-1234-5678", place="大阪 梅田店"
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "typed",
    [
        *("プリンタ", "ﾌﾟﾘﾝﾀ", "プリンタa4", "Ａ４", "みなと", "(株)みなと", "梅田店 プリンタ", "プリンタ　大阪"),
        *("03-1234-5678", "0312345678", "０３－１２３４－５６７８", "03ー1234ー5678", "(03)1234-5678", "03 1234 5678"),
    ],
)
def test_the_same_words_and_numbers_however_they_are_typed(typed: str, printer: Case) -> None:
    assert found(typed) == [printer.subject]


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["プリンタ 青葉", "ぷりんた", "03-1234-5679", "100%", "_", "\\"])
def test_every_word_must_occur_and_signs_stand_for_themselves(typed: str, printer: Case) -> None:
    assert found(typed) == []


@pytest.mark.django_db
def test_nothing_typed_is_no_condition(printer: Case) -> None:
    assert len(found("")) == len(found("　 ")) == 2


@pytest.mark.django_db
def test_part_of_a_number_finds_it_too(printer: Case) -> None:
    assert found(printer.number[-8:]) == [printer.subject]
    assert found(printer.number.replace("-", "ー")) == [printer.subject]


@pytest.mark.parametrize(
    "typed",
    [
        *("ESC-2026-000012", "esc-2026-000012", " ESC-2026-000012　", "ＥＳＣ－２０２６－００００１２"),
        *("ESCー2026ー000012", "ESC−2026–12", "esc2026000012", "ESC 2026 000012", "ESC-2026-12"),
    ],
)
def test_a_case_number_is_known_however_it_is_typed(typed: str) -> None:
    assert search.number_in(typed) == "ESC-2026-000012"


@pytest.mark.parametrize("typed", ["", "2026-000012", "ESC-2026", "ESC-2026-0000123", "ESC-2026-000012 返金", "12"])
def test_what_is_no_case_number(typed: str) -> None:
    assert search.number_in(typed) is None


@given(JAPANESE)
def test_what_is_normal_stays_so(text: str) -> None:
    once = search.normalise(text)

    assert search.normalise(once) == once
    assert once == once.strip()


@given(st.integers(2000, 2099), st.integers(1, 999_999), st.sampled_from(["", "-", *search.DASHES, "－", " "]))
def test_any_case_number_survives_any_hyphen(year: int, count: int, hyphen: str) -> None:
    assert search.number_in(hyphen.join(("ＥＳＣ", str(year), f"{count:06d}"))) == f"ESC-{year}-{count:06d}"


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=JAPANESE, data=st.data())
def test_any_piece_of_a_word_finds_the_case(facts: str, data: st.DataObject, printer: Case) -> None:
    printer.facts = facts
    Case.objects.filter(pk=printer.pk).update(facts=facts, search_text=search.text_of(printer))
    words = search.normalise(facts).split() or ["プリンタ"]
    word = data.draw(st.sampled_from(words))
    start = data.draw(st.integers(0, len(word) - 1))
    end = data.draw(st.integers(start + 1, len(word)))

    assert printer.subject in found(word[start:end])
