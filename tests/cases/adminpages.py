"""Addresses of the admin's case pages, and what a test reads out of them."""

from __future__ import annotations

import re
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.cases.models import Case

LIST = "/admin/cases/case/"


def page_of(case: Case) -> str:
    return f"{LIST}{case.pk}/change/"


def door(case: Case, verb: str) -> str:
    return f"{LIST}{case.pk}/{verb}/"


def offered(html: str) -> list[str]:
    return re.findall(r'data-dialog="dialog-(\w+)"', html)


def open_dialogs(html: str) -> list[str]:
    return re.findall(r'<dialog id="dialog-(\w+)"[^>]* open>', html)


def statements(client: Client, path: str) -> int:
    client.get(path)  # policy versions and content types are kept from the first time on
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def numbers(client: Client, **asked: Any) -> list[str]:
    response = client.get(LIST, asked)
    assert response.status_code == 200
    return [row.case.number for row in response.context["rows"]]


def complaints(client: Client, **asked: Any) -> list[str]:
    return client.get(LIST, asked).context["complaints"]
