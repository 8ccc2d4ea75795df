"""Time, deadlines and what follows, in words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from apps.cases.models import Deadline, State
from apps.cases.templatetags import case_words
from tests.cases.life import NOW, Cast, Life

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0.5, "1 min left"),
        (12, "12 min left"),
        (80, "1 h 20 min left"),
        (60 * 7 + 30, "7 h left"),
        (60 * 72, "3 days left"),
        (-180, "3 h overdue"),
    ],
)
def test_time_is_told_in_words(minutes: float, words: str) -> None:
    with translation.override("en"):
        assert case_words.time_left(NOW + timedelta(minutes=minutes), NOW) == words


def test_a_badge_says_what_its_colour_says(cast: Cast, life: Life) -> None:
    case = life.escalated()
    [row] = life.clocks(case).values()
    badge: Any = case_words.badge
    with translation.override("en"):
        early = badge(case, [row], row.started_at + timedelta(seconds=1))
        soon = badge(case, [row], row.due_at - timedelta(seconds=30))
        late = badge(case, [row], row.due_at + timedelta(minutes=5))
        nothing = badge(case, [], NOW)

    assert (early.tone, early.follows) == ("calm", "the team's Lead is told")
    assert (soon.tone, soon.words) == ("soon", "1 min left")
    assert (late.tone, late.words, late.clock) == ("missed", "5 min overdue", "Acceptance")
    assert (nothing.tone, nothing.words) == ("none", "No deadline")


def test_what_follows_is_known_for_every_clock(cast: Cast, life: Life) -> None:
    case = life.escalated()
    for kind in Deadline.Kind:
        for round in (1, 2):
            assert case_words.what_follows(case, Deadline(kind=kind, round=round))
    case.rung = case.rung_repeats = 9
    assert case.state == State.ESCALATED
    with translation.override("en"):
        assert case_words.what_follows(case, Deadline(kind="ACCEPTANCE")) == "it goes to level 3"
