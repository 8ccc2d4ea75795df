"""Cases about the same matter: found, and merged into one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import translation

from apps.audit.models import Source
from apps.cases import actions, integrity
from apps.cases.checks import Refused
from apps.cases.duplicates import LOOKED_AT, alike, candidates, pairs
from apps.cases.ledger import one_case
from apps.cases.models import Case, Follower, Link, Update
from tests.cases.adminpages import door, page_of
from tests.cases.life import CUSTOMER, NOW, Cast, Life
from tests.cases.moments import receive_many
from tests.cases.test_concurrency import one_behind_the_other

pytestmark = pytest.mark.django_db

OTHER = {"customer": "別の会社", "customer_email": "", "subject": "配送が遅れている", "facts": "荷物が届かない。"}


@pytest.fixture(autouse=True)
def _in_english() -> Any:
    with translation.override("en"):
        yield


def found(case: Case, cast: Cast, who: str = "lead", **later: int) -> list[tuple[str, list[str]]]:
    at = NOW + timedelta(**later)
    return [(each.case.number, each.reasons) for each in candidates(case, getattr(cast, who), at)]


# --- found ------------------------------------------------------------------------------------------------------------


def test_texts_are_alike_by_their_pairs_of_signs() -> None:
    assert alike(pairs("請求書が届かない"), pairs("請求書が 届かない")) == 1
    assert alike(pairs("ﾌﾟﾘﾝﾀが動かない"), pairs("プリンタが動かない")) == 1
    assert 0.4 < alike(pairs("請求書が二重に届く"), pairs("請求書が二通届いた")) < 0.8
    assert alike(pairs("請求書"), pairs("配送")) == alike(pairs(""), pairs("")) == 0


def test_each_candidate_says_why(cast: Cast, life: Life) -> None:
    case = life.received(customer_phone="03-1234-5678")
    same_text = life.received(customer="別の会社", customer_email="")
    same_customer = life.received(**(OTHER | {"customer": "株式会社サンプル"}))
    same_phone = life.received(**(OTHER | {"customer_phone": "０３(1234)5678"}))
    life.received(**OTHER)

    assert sorted(found(case, cast)) == [
        (same_text.number, ["similar text (100%)"]),
        (same_customer.number, ["same customer"]),
        (same_phone.number, ["same telephone number"]),
    ]


def test_the_likeliest_comes_first(cast: Cast, life: Life) -> None:
    case = life.received()
    faint = life.received(**(OTHER | {"customer": "株式会社サンプル"}))
    same = life.received()

    assert [number for number, _reasons in found(case, cast)] == [same.number, faint.number]


def test_only_what_the_person_may_see_and_is_open_or_recent(cast: Cast, life: Life) -> None:
    old = life.reviewed()
    secret = life.received(confidential=True, by=cast.tanaka, owner=cast.tanaka, team=cast.team("sales-desk"))
    case = life.in_progress()

    assert secret.number not in [number for number, _reasons in found(case, cast, "responder")]
    assert old.number in [number for number, _reasons in found(case, cast)]
    assert old.number not in [number for number, _reasons in found(case, cast, days=40)]


def test_neither_for_a_closed_case_nor_of_one_that_is_linked(cast: Cast, life: Life) -> None:
    case, other = life.in_progress(), life.in_progress()
    life.do("link", case, by=cast.responder, kind="RECURRENCE_OF", other=other)

    assert found(case, cast) == found(other, cast) == []
    life.received()
    assert found(life.do("resolve", case, by=cast.responder), cast) == []


def test_it_is_one_statement_however_many(cast: Cast, life: Life, django_assert_num_queries: Any) -> None:
    receive_many(life, LOOKED_AT + 50)
    case = Case.objects.first()
    assert case is not None
    assert cast.lead.membership_list

    with django_assert_num_queries(1):
        assert len(candidates(case, cast.lead, NOW)) == 5


# --- merged -----------------------------------------------------------------------------------------------------------


def test_a_duplicate_ends_and_goes_on_in_the_original(cast: Cast, life: Life) -> None:
    original = life.in_progress(by=cast.tanaka, owner=cast.operator)
    case = life.in_progress()
    for user, followed in ((cast.manager, case), (cast.kobayashi, case), (cast.kobayashi, original)):
        life.do("follow", followed, by=user)
    before = life.last_mail()

    merged = life.do("merge", case, by=cast.responder, into=original)

    assert (merged.state, merged.outcome, merged.resolution) == (
        "RESOLVED", "DUPLICATE", f"The same matter as {original.number}. It goes on there.",
    )  # fmt: skip
    assert list(Link.objects.values_list("case", "kind", "other")) == [(case.pk, "DUPLICATE_OF", original.pk)]
    assert set(Follower.objects.values_list("case", "user")) == {
        (original.pk, cast.kobayashi.pk), (original.pk, cast.manager.pk), (original.pk, cast.operator.pk),
    }  # fmt: skip
    assert life.journal(case)[-1] == ("responder", "merge", "IN_PROGRESS", "RESOLVED")
    assert life.journal(original)[-1] == ("responder", "take_in", "IN_PROGRESS", "IN_PROGRESS")
    assert Update.objects.get(case=original, verb="take_in").text == (
        f"{case.number} is the same matter and was merged into this case."
    )
    assert ("resolved", "operator", "REPORTER") in life.mail(case, after=before)
    assert CUSTOMER not in {to for _key, to, _why in life.mail(after=before)}, "Nothing is settled for the customer."
    assert set(life.clocks(case)) == {"REVIEW"}
    assert list(integrity.faults()) == []


def test_the_lead_may_merge_and_colleagues_may_not(cast: Cast, life: Life) -> None:
    original, case = life.in_progress(), life.in_progress()

    with pytest.raises(Refused) as refused, transaction.atomic():
        life.do("merge", case, by=cast.kobayashi, into=original)

    assert refused.value.code == "person"
    assert life.do("merge", case, by=cast.lead, into=original).state == "RESOLVED"


def refusal(life: Life, case: Case, into: Case) -> tuple[str, str]:
    with pytest.raises(Refused) as refused, transaction.atomic():
        life.do("merge", case, by=life.cast.responder, into=into)
    return refused.value.code, refused.value.field


def test_what_cannot_be_merged(cast: Cast, life: Life) -> None:
    first, second, third = life.in_progress(), life.in_progress(), life.in_progress()
    life.do("link", second, by=cast.responder, kind="DUPLICATE_OF", other=first)
    life.do("link", third, by=cast.responder, kind="DUPLICATE_OF", other=second)

    assert refusal(life, first, first) == ("same_case", "into")
    assert refusal(life, first, third) == ("circle", "into")
    assert refusal(life, first, life.reviewed()) == ("closed", "into")
    assert refusal(life, first, life.receive(by=cast.shop, team=cast.team("sales-desk"))) == ("other_case", "into")
    assert refusal(life, life.in_progress(amount=80_000), second) == ("authority", "")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_who_merge_towards_each_other_one_gets_a_sentence(life: Life) -> None:
    first, second = life.in_progress(), life.in_progress()

    def merge(case: Case, into: Case, at_the_end: Callable[[], None] = lambda: None) -> None:
        with one_case(case.pk, source=Source.ADMIN, also=[into.pk]) as (locked, book):
            actions.merge(locked, book, by=life.cast.responder, now=life.now, into=into)
            at_the_end()

    won, lost = one_behind_the_other(lambda wait: merge(first, second, wait), lambda: merge(second, first))

    assert won is None
    assert isinstance(lost, Refused)
    assert lost.code == "circle"
    assert list(integrity.faults()) == []


def test_a_circle_is_refused_by_every_verb_that_links(cast: Cast, life: Life) -> None:
    first, second = life.in_progress(), life.in_progress()
    life.do("link", second, by=cast.responder, kind="DUPLICATE_OF", other=first)

    for verb, form in (
        ("link", {"kind": "DUPLICATE_OF", "other": second}),
        ("resolve", {"outcome": "DUPLICATE", "duplicate_of": second}),
    ):
        with pytest.raises(Refused) as refused, transaction.atomic():
            life.do(verb, first, by=cast.responder, **form)
        assert refused.value.sentence == (
            f"{second.number} already leads to {first.number} in this way; the other way round it would be a circle."
        )


def test_integrity_names_a_circle(cast: Cast, life: Life) -> None:
    first, second = life.in_progress(), life.in_progress()
    Link.objects.create(case=first, kind="DUPLICATE_OF", other=second)
    Link.objects.create(case=second, kind="DUPLICATE_OF", other=first)

    assert [str(each) for each in integrity.faults()] == [
        f"{case.number}: a duplicate of itself, by way of others" for case in (first, second)
    ]


def test_the_page_shows_candidates_and_merges_by_number(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    original, case = life.in_progress(), life.in_progress()
    client = as_user(cast.lead)

    html = client.get(page_of(case)).content.decode()
    assert f'data-value="{original.number}"' in html
    assert "similar text (100%)" in html
    assert client.post(door(case, "merge"), {"into": original.number.lower()}).status_code == 302

    assert Case.objects.get(pk=case.pk).outcome == "DUPLICATE"
    for one, other in ((case, original), (original, case)):
        assert other.number in client.get(page_of(one)).content.decode()
