"""The safety team hears by mail that there is something to read; the mail tells nothing of who reported it."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, time

import pytest
from django.apps import apps
from django.core import mail
from django.test import Client
from django.utils import timezone

from apps.nearmiss import actions
from apps.nearmiss.models import NearMiss
from apps.notifications import delivery
from apps.notifications.models import Message
from apps.people.models import Department, Membership, Role, TeamSkill, User
from tests.cases.life import Cast
from tests.nearmiss.test_reporter import ADDRESS, no_one_counted, photo, report, typed

__all__ = ["no_one_counted"]

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 1, 17, 23, tzinfo=UTC)  # 10:17 in Tokyo
NEXT_HOUR = datetime(2026, 11, 24, 2, tzinfo=UTC)
TRACES = (ADDRESS, "Telephone", "佐藤", "花子", "operator", "取り違え", "3階倉庫", "もう一度")


def reported(cast: Cast, **sheet: object) -> NearMiss:
    department = cast.team("phone-desk").department
    sheet = {"what": "似た箱を取り違えそうになった。", "department": department, "place": "3階倉庫"} | sheet
    actions.report(uuid.uuid4(), sheet, [], now=NOW)
    return NearMiss.objects.latest("pk")


def test_a_new_one_and_every_later_word_are_told_by_department_and_link_alone(cast: Cast) -> None:
    client = Client(REMOTE_ADDR=ADDRESS, headers={"user-agent": "Telephone-4711"})
    client.force_login(cast.operator)  # nobody knows

    code = report(client, typed(cast, photos=[photo("IMG_佐藤.jpg")]))
    client.post("/near-miss/receipt/", {"code": code, "add": "yes", "text": "もう一度あった。"})

    page = f"/admin/nearmiss/nearmiss/{NearMiss.objects.get().pk}/change/"
    sent = list(Message.objects.order_by("pk"))
    assert [(each.recipient, each.key, each.why) for each in sent] == [(cast.safety, "near_miss", "SAFETY")] * 2
    assert [each.subject for each in sent] == [
        "ヒヤリハットの報告があります【カスタマーサポート部】",
        "ヒヤリハットに追記があります【カスタマーサポート部】",
    ]
    for each in sent:
        assert page in each.body
        assert not re.search(r"\{[{%]|None|\n\n\n", each.body)
        row = repr({field.attname: getattr(each, field.attname) for field in each._meta.concrete_fields})
        assert [trace for trace in (*TRACES, code) if trace in row] == []


def test_the_mail_that_leaves_the_house_names_nobody_but_its_reader(cast: Cast) -> None:
    reported(cast)

    delivery.deliver(NEXT_HOUR)

    (sent,) = mail.outbox
    assert sent.to == [cast.safety.email]
    assert [trace for trace in TRACES if trace in sent.message().as_string() + sent.body + sent.subject] == []


def test_the_moment_of_the_report_is_in_no_row(cast: Cast) -> None:
    near_miss = reported(cast)
    actions.add(near_miss, "もう一度あった。", [], now=NOW)

    moments = {
        value
        for model in apps.get_models()
        for row in model._base_manager.all()
        for value in vars(row).values()
        if isinstance(value, datetime) and value.date() == NOW.date()
    }
    assert {each.created_at for each in Message.objects.all()} == {NEXT_HOUR}
    assert not [each for each in moments if (each.minute, each.second) == (NOW.minute, NOW.second)]


def test_quiet_hours_are_respected(cast: Cast) -> None:
    User.objects.filter(pk=cast.safety.pk).update(quiet_from=time(10), quiet_until=time(13, 30))

    reported(cast)

    waits_until = Message.objects.get().next_try_at
    assert waits_until is not None
    assert timezone.localtime(waits_until).time() == time(13, 30)


def test_each_reads_it_in_their_language(cast: Cast) -> None:
    User.objects.filter(pk=cast.safety.pk).update(language="en")

    near_miss = reported(cast)
    actions.add(near_miss, "もう一度あった。", [], now=NOW)

    assert [each.subject for each in Message.objects.order_by("pk")] == [
        "A near miss [Customer support]",
        "More about a near miss [Customer support]",
    ]


def test_those_are_told_who_may_read_it_and_nobody_else(cast: Cast) -> None:
    """For every department, with a safety team for the whole house, for one department, and without any."""
    near_misses = [reported(cast, department=department) for department in Department.objects.all()]

    def readers_fit() -> None:
        for near_miss in near_misses:
            may = {user for user in User.objects.people() if NearMiss.objects.visible_to(user).contains(near_miss)}
            assert set(near_miss.readers()) == {user for user in may if not user.is_superuser}, near_miss.department

    readers_fit()
    office = cast.team("safety-office")
    office.department = cast.team("phone-desk").department
    office.save()
    Membership.objects.create(user=cast.operator, team=office, role=Role.OPERATOR)
    Membership.objects.create(user=cast.operator, team=office, role=Role.LEAD)
    readers_fit()
    TeamSkill.objects.filter(skill__code="safety").delete()
    readers_fit()


def test_a_form_sent_twice_is_one_mail(cast: Cast) -> None:
    client, data = Client(), typed(cast)

    report(client, data)
    report(client, data)

    assert Message.objects.count() == 1
