"""Every history row saved one by one gets its entry, whoever saved it and from where."""

from collections.abc import Callable

import pytest
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import reverse
from simple_history.middleware import HistoryRequestMiddleware

from apps.audit import trail
from apps.audit.models import Entry
from apps.people.models import Department, Skill, User


@pytest.fixture
def manager(db: None) -> User:
    return User.objects.create(username="manager")


def under_a_request(path: str, user: User, do: Callable[[], object]) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        do()
        return HttpResponse()

    request = RequestFactory().post(path)
    request.user = user
    HistoryRequestMiddleware(view)(request)


def last() -> Entry:
    return Entry.objects.latest("id")


def test_a_command_creates(db: None) -> None:
    department = Department.objects.create(code="support", name="サポート部")

    entry, row = last(), department.history.get()
    assert (entry.subject, entry.action, entry.source, entry.actor, entry.details, entry.at, entry.record) == (
        f"people.department:{department.pk}",
        "created",
        "COMMAND",
        "",
        {},
        row.history_date,
        f"people.historicaldepartment:{row.pk}",
    )


def test_a_change_names_the_fields(db: None) -> None:
    head = User.objects.create(username="head")
    department = Department.objects.create(code="support", name="サポート部")
    department.name, department.head = "お客様サポート部", head
    department._change_reason = "組織変更"
    department.save()

    assert (last().action, last().reason, last().details) == ("changed", "組織変更", {"changed": ["name", "head"]})


def test_a_deletion(db: None) -> None:
    skill = Skill.objects.create(code="refund", name="返金")
    subject = trail.subject_of(skill)
    skill.delete()

    assert (last().subject, last().sequence, last().action) == (subject, 2, "deleted")
    assert trail.verify().ok


@pytest.mark.parametrize(("path", "source"), [("admin:index", "ADMIN"), (None, "DESK")])
def test_a_request_tells_who_and_through_which_door(manager: User, path: str | None, source: str) -> None:
    url = "/" if path is None else reverse(path) + "people/skill/add/"
    under_a_request(url, manager, lambda: Skill.objects.create(code="refund", name="返金"))

    assert (last().source, last().actor) == (source, f"people.user:{manager.pk}")


def test_rows_written_in_bulk_are_left_to_their_writer(db: None) -> None:
    departments = Department.objects.bulk_create([Department(code="a", name="A")])
    Department.history.bulk_history_create(departments)

    assert not Entry.objects.exists()
    assert [fault.where for fault in trail.verify().faults] == [
        f"people.historicaldepartment:{Department.history.get().pk}"
    ]


def test_what_is_rolled_back_leaves_no_entry(db: None) -> None:
    with transaction.atomic():
        Department.objects.create(code="a", name="A")
        transaction.set_rollback(True)

    assert not Entry.objects.exists()


@pytest.fixture
def broken_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(new: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(trail, "append", fail)


@pytest.mark.django_db(transaction=True)
def test_without_an_entry_a_transaction_writes_nothing(broken_journal: None) -> None:
    with pytest.raises(OSError, match="disk full"), transaction.atomic():
        Skill.objects.create(code="refund", name="返金")

    assert not Skill.objects.exists()
    assert not Skill.history.exists()
