"""The escalation sheet on paper: complete, masked, and kept to those who may see the case."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from apps.cases.models import Case
from apps.people.models import User
from tests.cases.adminpages import LIST, statements
from tests.cases.life import CUSTOMER, Cast, Life, everything

pytestmark = pytest.mark.django_db


def sheet_of(case: Case) -> str:
    return f"{LIST}{case.pk}/print/"


def test_every_field_is_there_and_what_is_not_known_is_a_line(
    cast: Cast, life: Life, as_user: Callable[..., Client]
) -> None:
    response = as_user(cast.lead).get(sheet_of(life.escalated()))

    cells = {cell.label: cell.value for _title, cells in response.context["rows"] for cell in cells}
    assert cells == {
        "Kind of case": "", "Impact": "a single one", "Urgency": "high", "Signs of danger": "",
        "Amount at stake (JPY)": "", "Wanted by": "", "Why this urgency": "",
        "Customer": "株式会社サンプル", "Contract or plan": "", "Customer's mail address": "c••••••.com",
        "Customer's telephone": "",
        "Occurred at": "", "Place": "", "Department": "Customer support",
        "Facts (who, what, when, where, why, how)": "11月24日の朝、同じ請求書が2通届いた。",
        "What the customer said, in gist": "どちらを払えばよいのか。",
        "What the first line did": "請求書番号を確認した。", "Where it is stuck": "発行の仕組みが分からない。",
        "Support wanted": "", "Reporter": "花子 佐藤", "How to reach the reporter": "", "Received at": "Tue 24 Nov 10:00",
    }  # fmt: skip
    html = response.content.decode()
    assert "ESC-2026-000001" in html
    assert "Printed" in html
    assert "美咲 高橋" in html
    assert html.count('class="line"') > 10


def test_a_result_is_printed_once_there_is_one(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    rows = dict(as_user(cast.lead).get(sheet_of(life.resolved())).context["rows"])

    assert [cell.value for cell in rows["Result"]] == [
        "Solved", "重複した請求書を取り消した。", "発行処理が二度走った。", "発行処理に二重起動の検査を加えた。",
    ]  # fmt: skip


def test_personal_data_is_printed_for_the_owner_alone(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case = life.in_progress()

    for_lead = as_user(cast.lead).get(sheet_of(case)).content.decode()
    for_owner = as_user(cast.responder).get(sheet_of(case)).content.decode()

    assert CUSTOMER not in for_lead
    assert "Personal data are masked." in for_lead
    assert CUSTOMER in for_owner
    assert "Personal data are masked." not in for_owner


def test_a_foreign_sheet_does_not_exist(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    secret = life.escalated(confidential=True)
    before = everything(but=[User])

    assert as_user(cast.specialist).get(sheet_of(secret)).status_code == 404
    assert as_user(cast.manager).get(sheet_of(secret)).status_code == 404
    assert as_user(cast.lead).post(sheet_of(secret)).status_code == 405
    assert Client().get(sheet_of(secret)).status_code == 302
    assert everything(but=[User]) == before


def test_printing_needs_few_statements(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    assert statements(as_user(cast.lead), sheet_of(life.escalated())) <= 6
