"""The admin's first page, lists and sidebar: what each shows to whom, in how many statements."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.cases import clock
from apps.cases.models import Deadline
from apps.people.models import Shift, User
from tests.cases.adminpages import LIST, door, page_of, statements
from tests.cases.life import Cast, Life, everything

pytestmark = pytest.mark.django_db

# Signing in is written down with the user: `everything(but=[User])` is all that a verb could have changed.


# --- the first page ---------------------------------------------------------------------------------------------------


def test_first_page_shows_what_waits_with_counts(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    waiting = [life.escalated() for _ in range(6)]
    mine = life.do("accept", life.escalated(), by=cast.lead)

    response = as_user(cast.lead).get("/admin/")

    boxes = {box.queue.name: (box.total, [case.pk for case, _badge in box.rows]) for box in response.context["boxes"]}
    assert boxes["inbox"][0] == 6
    assert len(boxes["inbox"][1]) == 5
    assert set(boxes["inbox"][1]) < {case.pk for case in waiting}
    assert boxes["mine"] == (1, [mine.pk])


def test_first_page_says_how_the_clock_is(cast: Cast, as_user: Callable[..., Client]) -> None:
    client = as_user(cast.lead)
    assert "The clock has never been swept." in client.get("/admin/").content.decode()

    now = timezone.now()
    clock.record(clock.Swept(lateness=timedelta(seconds=12)), now)

    html = client.get("/admin/").content.decode()
    assert "The clock runs on time" in html
    assert "12 s" in html


def test_first_page_has_a_box_for_each_thing_that_waits(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    now = timezone.now()
    overdue = life.receive(by=cast.operator, now=now - timedelta(days=30))
    overdue = life.do("escalate", overdue, by=cast.operator, now=now - timedelta(days=30))
    soon = life.receive(by=cast.operator, now=now, impact="ALL", urgency="CRITICAL")  # P1: 15 minutes, by day and night
    Deadline.objects.filter(case=soon, kind="FIRST_LINE_LIMIT").update(warn_at=now)
    mine = life.do("accept", life.do("escalate", life.received(now=now), by=cast.operator), by=cast.lead)
    resolved = life.do("resolve", life.do("accept", life.escalated(), by=cast.responder), by=cast.responder)
    life.received(by=cast.shop, team=cast.team("sales-desk"), department=cast.team("sales-desk").department, now=now)

    response = as_user(cast.lead).get("/admin/")

    shown = {box.queue.name: [case.number for case, _badge in box.rows] for box in response.context["boxes"]}
    assert shown == {
        "inbox": [overdue.number],
        "mine": [mine.number],
        "overdue": [overdue.number],
        "warning": [soon.number],
        "review": [resolved.number],
    }
    html = response.content.decode()
    for name in shown:
        assert f'href="{LIST}?queue={name}"' in html


def test_the_most_urgent_comes_first(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    now = timezone.now()
    waiting = [life.do("escalate", life.received(now=now), by=cast.operator, now=now) for _ in range(7)]
    for minutes, case in zip((70, 30, 50, 10, 60, 20, 40), waiting, strict=True):
        Deadline.objects.filter(case=case, kind="ACCEPTANCE").update(due_at=now + timedelta(minutes=minutes))

    inbox = as_user(cast.lead).get("/admin/").context["boxes"][0]

    assert inbox.total == 7
    assert [case.number for case, _badge in inbox.rows] == [waiting[place].number for place in (3, 5, 1, 6, 2)]


def test_first_page_names_who_is_on_duty_and_how_to_reach_them(
    cast: Cast, life: Life, as_user: Callable[..., Client]
) -> None:
    now = timezone.now()
    Shift.objects.all().delete()
    Shift.objects.create(
        user=cast.kobayashi, team=cast.team("support-leaders"), starts_at=now, ends_at=now + timedelta(hours=8)
    )

    html = as_user(cast.lead).get("/admin/").content.decode()

    duty = re.sub(r"<[^>]+>|\s+", " ", html.partition('id="duty"')[2].partition("</section>")[0])
    assert re.search(r"Phone desk .* Nobody is on duty .* Support leaders .* 翔太 小林 .* until", duty)
    assert f'href="tel:{cast.kobayashi.phone}"' in html
    assert f'href="mailto:{cast.kobayashi.email}"' in html
    assert "Technical specialists" not in html


def test_an_operator_in_the_admin_is_sent_to_the_front_desk(
    cast: Cast, life: Life, as_user: Callable[..., Client]
) -> None:
    life.escalated(subject="Not shown here")
    User.objects.filter(pk=cast.operator.pk).update(is_staff=True)

    html = as_user(cast.operator).get("/admin/").content.decode()

    assert "Your cases are at the front desk." in html
    assert "Not shown here" not in html
    assert "Looking back" not in html


# --- the list ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["lead", "manager", "auditor", "admin"])
def test_list_needs_the_same_few_statements_however_many_rows(
    who: str, cast: Cast, life: Life, as_user: Callable[..., Client]
) -> None:
    client = as_user(getattr(cast, who))
    life.escalated()
    few = statements(client, LIST)
    for _ in range(12):
        life.escalated()
        life.in_progress()

    many = statements(client, LIST)

    assert many <= 12
    assert many <= few + 1  # the policy version's rulebook is read once a process
    assert client.get(LIST).context["cl"].result_count == 25


def test_queues_hold_what_they_say(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    waiting, mine, reviewed = life.escalated(), life.do("accept", life.escalated(), by=cast.lead), life.reviewed()
    client = as_user(cast.lead)

    def numbers(queue: str) -> set[str]:
        return {case.number for case in client.get(f"{LIST}?queue={queue}").context["cl"].result_list}

    assert numbers("inbox") == {waiting.number}
    assert numbers("mine") == {mine.number}
    assert numbers("open") == {waiting.number, mine.number}
    assert numbers("all") == numbers("") == {waiting.number, mine.number, reviewed.number}


def test_overdue_is_what_was_missed_and_not_made_good_since(
    cast: Cast, life: Life, as_user: Callable[..., Client]
) -> None:
    long_ago = timezone.now() - timedelta(days=30)
    late = life.receive(by=cast.operator, now=long_ago, subject="Late")
    late = life.do("escalate", late, by=cast.operator, now=long_ago + timedelta(minutes=1))
    in_time = life.receive(by=cast.operator, now=timezone.now(), subject="In time")
    in_time = life.do("escalate", in_time, by=cast.operator, now=timezone.now())
    client = as_user(cast.lead)

    def overdue() -> list[str]:
        return [case.number for case in client.get(f"{LIST}?queue=overdue").context["cl"].result_list]

    assert overdue() == [late.number]  # due, and not swept yet
    clock.sweep(timezone.now())
    assert overdue() == [late.number]  # swept: the first rung was missed, and still nobody has it
    assert "overdue" in client.get(f"{LIST}?queue=overdue").content.decode()
    life.do("accept", late, by=cast.lead, now=timezone.now())
    assert overdue() == []


def test_search_finds_number_subject_and_customer(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case = life.escalated(subject="決済が止まる", customer="株式会社青空")
    life.escalated()
    client = as_user(cast.lead)

    for term in (case.number, "決済", "青空"):
        assert [each.pk for each in client.get(LIST, {"q": term}).context["cl"].result_list] == [case.pk]


def test_nothing_can_be_added_changed_or_deleted(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case, client = life.escalated(), as_user(cast.admin)
    before = everything(but=[User])

    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}add/", {"subject": "x"}).status_code == 403
    assert client.post(page_of(case), {"subject": "x"}).status_code == 405
    assert client.post(f"{LIST}{case.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(LIST, {"action": "delete_selected", "_selected_action": [case.pk]}).status_code == 405
    assert everything(but=[User]) == before


def test_operators_stay_outside(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case, client = life.escalated(), as_user(cast.operator)

    for path in ("/admin/", LIST, page_of(case), f"{LIST}{case.pk}/history/"):
        assert client.get(path).status_code == 302
    assert client.post(door(case, "note"), {"text": "x", "visibility": "INTERNAL"}).status_code == 302


# --- clocks and hand-offs ---------------------------------------------------------------------------------------------


def test_policy_owner_sees_failing_clocks_by_number_alone(
    cast: Cast, life: Life, as_user: Callable[..., Client]
) -> None:
    case = life.escalated(subject="Secret", confidential=True)
    life.escalated()
    Deadline.objects.filter(case=case, state="RUNNING").update(attempts=2, error="ValueError: no ladder")
    client = as_user(cast.policy)

    response = client.get("/admin/cases/deadline/?failing=yes")

    html = response.content.decode()
    assert [row.case_id for row in response.context["cl"].result_list] == [case.pk]
    assert case.number in html
    assert "no ladder" in html
    assert "Secret" not in html
    row = response.context["cl"].result_list[0]
    detail = client.get(f"/admin/cases/deadline/{row.pk}/change/")
    assert detail.status_code == 200
    assert "Secret" not in detail.content.decode()
    assert client.get(page_of(case)).status_code == 404


@pytest.mark.parametrize("model", ["deadline", "handoff"])
def test_records_are_read_only(model: str, cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    life.in_progress()
    client = as_user(cast.admin)
    before = everything(but=[User])
    response = client.get(f"/admin/cases/{model}/")
    pk = response.context["cl"].result_list[0].pk

    assert response.status_code == 200
    assert client.get(f"/admin/cases/{model}/{pk}/change/").status_code == 200
    assert client.post(f"/admin/cases/{model}/{pk}/change/", {"state": "SETTLED"}).status_code == 403
    assert client.post(f"/admin/cases/{model}/{pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"/admin/cases/{model}/add/").status_code == 403
    assert everything(but=[User]) == before


# --- the sidebar ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "sees", "misses"),
    [
        ("lead", ["My inbox", "Hand-offs"], ["Policy versions", "Journal", "Members"]),
        ("manager", ["My inbox", "Members", "Messages"], ["Policy versions", "Journal"]),
        ("policy", ["Policy versions", "Levels"], ["Journal"]),
        ("auditor", ["Journal", "Seals", "Policy versions", "Members"], []),
    ],
)
def test_sidebar_holds_only_what_one_may_open(
    who: str, sees: list[str], misses: list[str], cast: Cast, as_user: Callable[..., Client]
) -> None:
    client = as_user(getattr(cast, who))
    response = client.get("/admin/", follow=True)  # an auditor is led to a first page of their own

    shown = {
        str(item["title"]): str(item.get("link_callback") or item["link"])
        for group in response.context["sidebar_navigation"]
        for item in group["items"]
        if item["has_permission"]
    }
    assert set(sees) <= set(shown)
    assert not set(misses) & set(shown)
    for link in shown.values():
        if link != "/":
            assert client.get(link).status_code == 200, link
