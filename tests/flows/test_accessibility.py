"""axe-core finds nothing grave on the main pages: Japanese, on a desk and on a phone, light and dark."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from apps.cases import clock
from apps.cases.models import Case
from apps.policy.models import Version
from tests.browser import DESK, PHONE, Visit, axe, fits
from tests.cases.adminpages import LIST, page_of
from tests.cases.life import Cast, Life

pytestmark = [pytest.mark.browser, pytest.mark.axe, pytest.mark.django_db(transaction=True)]


def open_dialog(page: Page) -> None:
    page.locator("[data-dialog=dialog-escalate]").click()
    page.wait_for_selector("#dialog-escalate[open]")


def stay(page: Page) -> None:
    pass


# name, who looks, at which address, what they do there
PAGES: list[tuple[str, str, Callable[[Case], str], Callable[[Page], None]]] = [
    ("first page", "lead", lambda _case: "/admin/", stay),
    ("first page of a manager", "manager", lambda _case: "/admin/", stay),
    ("list", "lead", lambda _case: f"{LIST}?queue=teams", stay),
    ("case", "responder", page_of, stay),
    ("case with a dialog", "responder", page_of, open_dialog),
    ("policy versions", "policy", lambda _case: reverse("admin:policy_version_changelist"), stay),
    (
        "policy version",
        "policy",
        lambda _case: reverse("admin:policy_version_change", args=[Version.objects.get().pk]),
        stay,
    ),
    ("members", "manager", lambda _case: reverse("admin:people_user_changelist"), stay),
    ("journal", "auditor", lambda _case: reverse("admin:audit_entry_changelist"), stay),
    ("sign in", "", lambda _case: "/login/", stay),
    ("desk", "operator", lambda _case: "/", stay),
    ("desk: report", "operator", lambda _case: "/report/", stay),
    ("desk: cases", "operator", lambda _case: "/cases/", stay),
    ("desk: case", "operator", lambda case: f"/cases/{case.number}/", stay),
]


@pytest.fixture
def case(cast: Cast, life: Life) -> Case:
    """In progress; beside it one that waits, one on hold, one overdue, one to be reviewed."""
    now = timezone.now()
    life.now = now - timedelta(days=2)
    life.escalated(subject="全レジでカード決済が通らない", impact="ALL", urgency="CRITICAL")
    life.resolved()
    life.now = now - timedelta(minutes=40)
    life.do("hold", life.in_progress(), by=cast.responder, until=now + timedelta(hours=2))
    life.escalated(confidential=True)
    case = life.in_progress(customer_phone="03-0000-5678")
    life.do("note", case, by=cast.responder)
    clock.record(clock.Swept(), now)
    return case


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_grave(size: tuple[int, int], dark: bool, cast: Cast, case: Case, visit: Visit) -> None:
    found: dict[str, list[str]] = {}
    pages: dict[str, Page] = {}  # one a person: the second page need not fetch the style sheets again
    for name, who, path, act in PAGES:
        if who not in pages:
            pages[who] = visit(getattr(cast, who) if who else None, path(case), size, dark=dark)
        else:
            pages[who].goto(visit.home + path(case))
        act(pages[who])
        found[name] = axe(pages[who]) + ([] if fits(pages[who]) else ["scrolls sideways"])

    assert {name: lines for name, lines in found.items() if lines} == {}


def test_axe_would_find_it(visit: Visit) -> None:
    page = visit(None, "/login/")
    page.evaluate("document.querySelector('label').style.color = '#ddd'")
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")

    assert [line.partition(" ")[0] for line in axe(page)] == ["button-name", "color-contrast"]
