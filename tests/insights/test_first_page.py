"""The admin's first page as a whole: few statements for everybody, its figures as drawings and as tables."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.people.models import User
from tests.cases.adminpages import statements
from tests.cases.life import Cast, Life

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("who", ["operator", "responder", "lead", "manager", "director", "policy", "admin"])
def test_first_page_needs_few_statements_however_many_cases(
    who: str, cast: Cast, life: Life, as_user: Callable[..., Client]
) -> None:
    User.objects.filter(pk=cast.operator.pk).update(is_staff=True)
    life.now = timezone.now()
    client = as_user(getattr(cast, who))

    def grow(rounds: int) -> None:
        for _ in range(rounds):
            life.escalated()
            life.do("accept", life.escalated(), by=cast.lead)
            life.do("hold", life.in_progress(), by=cast.responder)
            life.do("escalate", life.in_progress(), by=cast.responder, team=cast.team("technical"))
            life.resolved()

    grow(1)
    few = statements(client, "/admin/")
    grow(9)
    many = statements(client, "/admin/")

    assert few <= 15
    assert many == few


def test_each_figure_has_its_table(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    life.now = timezone.now() - timedelta(hours=1)
    life.in_progress()
    life.escalated()

    html = as_user(cast.lead).get("/admin/").content.decode()

    figures = re.findall(r"<figure.*?</figure>", html, re.DOTALL)
    rows = [re.findall(r"<tr>.*?</tr>", figure, re.DOTALL) for figure in figures]
    read = [[re.findall(r">([^<>]+)</t[hd]>", row) for row in table] for table in rows]
    assert [re.sub(r"<[^>]+>", "", re.findall(r"<h3>(.*?) <span", figure)[0]) for figure in figures] == [
        "Escalations per day", "Time until accepted", "Load per team",
    ]  # fmt: skip
    assert read[0][1][1:] == ["2", "0", "2"]
    assert read[1] == [["Priority", "Accepted", "Median", "Nine of ten"], ["P3 medium", "1", "1 min", "1 min"]]
    assert read[2][1:] == [["Support leaders", "1", "1", "0", "2"]]


def test_an_empty_desk_says_so(cast: Cast, as_user: Callable[..., Client]) -> None:
    html = as_user(cast.lead).get("/admin/").content.decode()

    for words in (
        "Nothing waits for your teams to accept it.",
        "Nothing was escalated in the last 30 days.",
        "Nothing that was escalated in the last 30 days has been accepted yet.",
        "No team has an open case.",
    ):
        assert words in html
