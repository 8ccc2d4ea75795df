"""The safety team reads, answers, and makes cases; nobody else does."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.audit import trail
from apps.audit.models import Entry
from apps.cases.models import Case
from apps.nearmiss import actions
from apps.nearmiss.models import Message, NearMiss
from apps.people.models import TeamSkill
from tests.cases.life import Cast

pytestmark = pytest.mark.django_db
LIST = "/admin/nearmiss/nearmiss/"


@pytest.fixture
def near_miss(cast: Cast) -> NearMiss:
    sheet = {
        "what": "似た箱を取り違えそうになった。",
        "department": cast.team("phone-desk").department,
        "place": "3階倉庫",
    }
    actions.report(uuid.uuid4(), sheet, [], now=timezone.now())
    return NearMiss.objects.get()


def page_of(near_miss: NearMiss) -> str:
    return f"{LIST}{near_miss.pk}/change/"


@pytest.mark.parametrize(
    ("name", "sees"),
    [("safety", True), ("admin", True), ("manager", False), ("lead", False), ("responder", False), ("auditor", False)],
)
def test_who_sees_it(cast: Cast, near_miss: NearMiss, as_user: Any, name: str, sees: bool) -> None:
    client = as_user(getattr(cast, name))

    page, listed = client.get(page_of(near_miss)), client.get(LIST)
    answered = client.post(f"{LIST}{near_miss.pk}/answer/", {"text": "x"})

    assert (page.status_code == 200) == sees
    assert (listed.status_code == 200 and near_miss.what in listed.content.decode()) == sees
    assert (answered.status_code == 302) == sees
    assert Message.objects.exists() == sees


def test_without_a_safety_team_the_managers_care(cast: Cast, near_miss: NearMiss) -> None:
    TeamSkill.objects.filter(skill__code="safety").delete()

    assert list(NearMiss.objects.visible_to(cast.manager)) == [near_miss]
    assert list(NearMiss.objects.visible_to(cast.legal)) == []


def test_an_answer_may_close_it_and_is_on_record(cast: Cast, near_miss: NearMiss, as_user: Any) -> None:
    as_user(cast.safety).post(f"{LIST}{near_miss.pk}/answer/", {"text": "棚を分けました。", "closes": "on"})

    near_miss.refresh_from_db()
    assert near_miss.status == "CLOSED"
    entries = Entry.objects.filter(subject=trail.subject_of(near_miss)).order_by("sequence")
    assert [(each.actor, each.action, each.to_state) for each in entries] == [
        ("", "reported", "NEW"),
        (f"people.user:{cast.safety.pk}", "closed", "CLOSED"),
    ]


def test_it_becomes_a_case_once(cast: Cast, near_miss: NearMiss, as_user: Any) -> None:
    client = as_user(cast.safety)
    sheet = {"subject": "医薬品の取り違え防止", "impact": "SOME", "urgency": "MEDIUM"}

    first = client.post(f"{LIST}{near_miss.pk}/case/", sheet)
    second = client.post(f"{LIST}{near_miss.pk}/case/", sheet, follow=True)

    case = Case.objects.get()
    near_miss.refresh_from_db()
    assert (first.status_code, second.status_code) == (302, 200)
    assert "This near miss is a case already." in second.content.decode()
    assert (near_miss.case, case.facts, case.place, case.reporter) == (case, near_miss.what, "3階倉庫", cast.safety)


def test_a_refused_case_leaves_nothing_behind(cast: Cast, near_miss: NearMiss, as_user: Any) -> None:
    html = as_user(cast.safety).post(f"{LIST}{near_miss.pk}/case/", {"subject": ""}).content.decode()

    assert "This field is required." in html
    assert Case.objects.count() == 0


def test_nothing_happens_by_get_and_what_was_written_stays(cast: Cast, near_miss: NearMiss, as_user: Any) -> None:
    client = as_user(cast.safety)
    client.post(f"{LIST}{near_miss.pk}/answer/", {"text": "x"})

    assert client.get(f"{LIST}{near_miss.pk}/answer/").status_code == 403
    assert client.post(page_of(near_miss), {"what": "y"}).status_code == 405
    assert client.post(LIST, {"action": "delete_selected"}).status_code == 405
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.update(text="nothing of that kind")


def test_the_pages_need_few_statements(
    cast: Cast, near_miss: NearMiss, as_user: Any, django_assert_max_num_queries: Any
) -> None:
    client = as_user(cast.safety)
    client.get(page_of(near_miss))
    with django_assert_max_num_queries(12):
        client.get(page_of(near_miss))
    with django_assert_max_num_queries(12):
        client.get(LIST)
