"""`manage.py verify_history --subject`: of a case by its number, and never a yes about something that is not there."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from apps.audit import trail
from tests.cases.life import Life

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def verify(subject: str) -> str:
    out = StringIO()
    call_command("verify_history", "--subject", subject, stdout=out)
    return out.getvalue().strip()


def test_a_case_by_its_number_or_its_name_in_the_journal(life: Life) -> None:
    case = life.escalated()

    assert verify(case.number) == verify(trail.subject_of(case)) == "2 entries, 0 seals, 1 chains checked"


@pytest.mark.parametrize(
    ("subject", "sentence"),
    [
        ("nonsense", "Nothing, or more than one thing, is called “nonsense”."),
        ("ESC-2026-999999", "Nothing, or more than one thing, is called “ESC-2026-999999”."),
        ("cases.case:999", "The journal has no entry of “cases.case:999”."),
    ],
)
def test_what_is_not_there_is_not_said_to_be_unaltered(subject: str, sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        verify(subject)
