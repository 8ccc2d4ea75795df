"""Notes that are sent, people who are mentioned, and followers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import translation

from apps.audit.models import Entry
from apps.cases import mentions, reading
from apps.cases.checks import Refused
from apps.cases.models import Case, Follower
from apps.notifications.models import Message
from apps.people.models import Membership, User
from tests.cases.adminpages import door, page_of
from tests.cases.life import CUSTOMER, Cast, Life, everything

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english() -> Any:
    with translation.override("en"):
        yield


def letters(life: Life, case: Case, **note: Any) -> set[tuple[str, str, str]]:
    before = life.last_mail()
    life.do("note", case, by=life.cast.responder, **note)
    return life.mail(case, after=before)


# --- notes ------------------------------------------------------------------------------------------------------------


def test_a_note_goes_to_those_for_whom_it_is(cast: Cast, life: Life) -> None:
    case = life.in_progress()

    assert letters(life, case, visibility="INTERNAL") == set()
    assert letters(life, case, visibility="REPORTER") == {("note", "operator", "REPORTER")}
    assert letters(life, case, visibility="CUSTOMER") == {("customer_note", CUSTOMER, "CUSTOMER")}


def test_the_customer_reads_the_note_and_nothing_of_ours(cast: Cast, life: Life) -> None:
    case = life.in_progress()
    letters(life, case, visibility="CUSTOMER", text="本日中に折り返しご連絡いたします。")

    mail = Message.objects.get(key="customer_note")

    assert mail.subject == f"お問い合わせの件につきまして（{case.number}）"
    assert "本日中に折り返しご連絡いたします。" in mail.body
    assert "賜り、誠にありがとうございます。" in mail.body
    ours = (
        case.subject,
        case.facts,
        case.customer_said,
        case.first_line_did,
        "鈴木",
        "佐藤",
        "P3",
        str(case.team),
        "http",
    )
    assert [each for each in ours if each in mail.subject + mail.body] == []


def test_without_an_address_nothing_can_be_sent_to_the_customer(
    cast: Cast, life: Life, as_user: Callable[..., Client]
) -> None:
    case = life.in_progress(customer_email="")
    before = everything(but=[User])

    html = (
        as_user(cast.responder)
        .post(door(case, "note"), {"text": "遅れます。", "visibility": "CUSTOMER"})
        .content.decode()
    )

    assert f"{case.number} has no mail address of the customer, so nothing can be sent." in html
    assert "遅れます。" in html
    assert everything(but=[User]) == before


# --- mentions ---------------------------------------------------------------------------------------------------------


def test_names_are_found_where_they_are_meant() -> None:
    text = "@leadさん、＠kobayashi. とcc:@tech-lead、mail@example.com、@lead、a@b.c @"

    assert mentions.names_in(text) == ["lead", "kobayashi", "tech-lead"]
    assert len(mentions.names_in(" ".join(f"@a{number}" for number in range(50)))) == mentions.MOST


def test_who_is_mentioned_is_told_why(cast: Cast, life: Life) -> None:
    case = life.in_progress()

    assert letters(life, case, text="@leadさん、@nobody、確認をお願いします。") == {("mentioned", "lead", "MENTIONED")}

    mail = Message.objects.get(key="mentioned")
    assert "@leadさん、@nobody、確認をお願いします。" in mail.body
    assert "この案件のメモであなたのお名前が挙げられたため、お送りしています。" in mail.body
    entry = Entry.objects.filter(action="note").latest("id")
    assert entry.details == {
        "visibility": "INTERNAL",
        "mentioned": [cast.lead.pk],
        "department": f"people.department:{case.department_id}",
    }


def test_only_who_may_read_it_is_mentioned_all_else_stays_text(cast: Cast, life: Life) -> None:
    text = "@lead @operator @manager @shop @auditor @responder"
    open_case, secret = life.in_progress(), life.in_progress(confidential=True)

    def told(case: Case, visibility: str) -> set[str]:
        return {to for key, to, _why in letters(life, case, text=text, visibility=visibility) if key == "mentioned"}

    # the operator reported it, yet does not read internal notes of the second line
    assert told(open_case, "INTERNAL") == {"lead", "manager", "auditor"}
    assert told(open_case, "REPORTER") == {"lead", "manager", "auditor", "operator"}
    assert told(secret, "REPORTER") == {"lead", "auditor", "operator"}


def test_who_is_picked_but_may_not_read_it_is_refused(cast: Cast, life: Life) -> None:
    case = life.in_progress()

    with pytest.raises(Refused) as refused, transaction.atomic():
        life.do("note", case, by=cast.responder, mentioned=[cast.lead, cast.operator])

    assert (refused.value.field, refused.value.sentence) == (
        "mentioned",
        "花子 佐藤 may not read this note and cannot be mentioned in it.",
    )
    assert letters(life, case, mentioned=[cast.lead]) == {("mentioned", "lead", "MENTIONED")}


def test_colleagues_near_the_case_are_offered(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    html = as_user(cast.responder).get(page_of(life.in_progress())).content.decode()

    offered = [
        who
        for who in ("lead", "kobayashi", "operator", "responder", "shop")
        if f'value="{getattr(cast, who).pk}" id="id_note_mentioned' in html
    ]
    assert offered == ["lead", "kobayashi", "operator"]


# --- the law, seen from the people ------------------------------------------------------------------------------------


def test_who_may_read_agrees_with_the_law_of_the_queryset(
    cast: Cast, life: Life, django_assert_max_num_queries: Any
) -> None:
    cases = [
        life.received(), life.escalated(), life.in_progress(confidential=True), life.receive(by=cast.shop),
        life.receive(by=cast.shop, team=cast.team("sales-desk"), confidential=True), life.reviewed(),
    ]  # fmt: skip
    ids = [case.pk for case in cases]
    people = list(User.objects.all())

    expected = {
        (user.pk, pk)
        for user in User.objects.all()
        for pk in Case.objects.visible_to(user).values_list("pk", flat=True)
    }
    with django_assert_max_num_queries(3):
        found = reading.among(people, ids)

    assert found == expected
    assert len(found) not in (0, len(people) * len(ids))


# --- followers --------------------------------------------------------------------------------------------------------


def test_following_twice_is_following(cast: Cast, life: Life) -> None:
    case = life.in_progress()

    for verb in ("unfollow", "follow", "follow", "unfollow", "unfollow", "follow"):
        life.do(verb, case, by=cast.kobayashi)

    assert [entry[1] for entry in life.journal(case)[-3:]] == ["follow", "unfollow", "follow"]
    assert list(Follower.objects.values_list("case", "user")) == [(case.pk, cast.kobayashi.pk)]


@pytest.mark.parametrize(
    ("verb", "by", "expected"),
    [
        ("hand_over", "responder", {("status", "manager", "FOLLOWER")}),
        ("escalate", "responder", {("status", "manager", "FOLLOWER")}),
        ("resolve", "responder", {("resolved", "manager", "FOLLOWER")}),
        ("note", "responder", set()),
    ],
)
def test_followers_hear_how_it_goes_on(cast: Cast, life: Life, verb: str, by: str, expected: set[object]) -> None:
    case = life.do("follow", life.in_progress(), by=cast.manager)
    before = life.last_mail()

    life.do(verb, case, by=getattr(cast, by))

    assert {each for each in life.mail(case, after=before) if each[2] == "FOLLOWER"} == expected


def test_nobody_is_told_twice_nor_of_what_they_did(cast: Cast, life: Life) -> None:
    case = life.in_progress()
    for user in (cast.operator, cast.responder, cast.kobayashi):
        case = life.do("follow", case, by=user)
    before = life.last_mail()

    life.do("resolve", case, by=cast.responder)

    assert life.mail(case, after=before) == {
        ("resolved", "operator", "REPORTER"),
        ("resolved", "lead", "CONCERNED"),
        ("resolved", "kobayashi", "CONCERNED"),
        ("confirmation", CUSTOMER, "CUSTOMER"),
    }


def test_who_may_no_longer_read_the_case_hears_nothing(cast: Cast, life: Life) -> None:
    """The operator and the manager follow; then one changes team, and the case becomes confidential."""
    case = life.receive(by=cast.shop)
    for user in (cast.tanaka, cast.manager):
        life.do("follow", case, by=user)
    Membership.objects.filter(user=cast.tanaka).update(team=cast.team("sales-desk"))
    Case.objects.filter(pk=case.pk).update(confidential=True)
    before = life.last_mail()

    life.do("escalate", case, by=cast.shop)

    assert {each for each in life.mail(case, after=before) if each[2] == "FOLLOWER"} == set()


def test_followers_stand_on_the_page_with_their_button(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case, client = life.in_progress(), as_user(cast.lead)

    html = client.post(door(case, "follow"), follow=True).content.decode()

    assert "<li>美咲 高橋</li>" in html
    assert f'action="{door(case, "unfollow")}"' in html
    assert "<li>美咲 高橋</li>" not in client.post(door(case, "unfollow"), follow=True).content.decode()
    assert "/follow/" not in as_user(cast.auditor).get(page_of(case)).content.decode()
