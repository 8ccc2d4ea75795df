"""As it was: before there was anything, within the very second of a change, and at a moment still to come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.audit import trail
from tests.cases.life import NOW, Cast, Life

pytestmark = pytest.mark.django_db
PAST = "/admin/audit/entry/past/"


@pytest.mark.parametrize(
    ("seconds", "state"), [(-1, None), (0, "Received"), (59, "Received"), (60, "Escalated"), (3600, "Escalated")]
)
def test_a_second_counts_whole(
    seconds: int, state: str | None, life: Life, cast: Cast, as_user: Callable[..., Client]
) -> None:
    """Pages show moments to the second; what was done half a second later was done at the moment that they show."""
    case = life.received(now=NOW + timedelta(milliseconds=500))
    life.do("escalate", case, by=cast.operator, now=NOW + timedelta(seconds=60, milliseconds=500))
    at = timezone.localtime(NOW + timedelta(seconds=seconds))

    answer = as_user(cast.auditor).get(PAST, {"of": trail.subject_of(case), "at": f"{at:%Y-%m-%dT%H:%M:%S}"})

    found = answer.context["past"]
    assert (found and {value.label: value.text for value in found.values}["State"]) == state
    assert ("At that moment it did not exist" in answer.content.decode()) == (state is None)
    assert "This is the past" in answer.content.decode()


def test_what_is_still_to_come_is_not_called_the_past(life: Life, cast: Cast, as_user: Callable[..., Client]) -> None:
    case = life.received()
    at = timezone.localtime() + timedelta(days=400)

    page = as_user(cast.auditor).get(PAST, {"of": trail.subject_of(case), "at": f"{at:%Y-%m-%dT%H:%M}"})

    assert "is still to come. This is how it is now." in page.content.decode()
    assert "This is the past" not in page.content.decode()
