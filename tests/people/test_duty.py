"""Who is on duty now, for whom."""

from datetime import timedelta

import pytest

from apps.people.duty import duty_of, teams_around
from apps.people.models import Shift, User
from tests.cases.conftest import cast
from tests.cases.life import NOW, Cast

__all__ = ["cast"]

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("who", "codes"),
    [
        ("responder", ["support-leaders"]),
        ("lead", ["phone-desk", "support-leaders"]),
        ("manager", ["managers", "phone-desk", "support-leaders", "refunds", "policy-office"]),
        ("auditor", ["internal-audit"]),
        ("admin", []),
    ],
)
def test_ones_own_teams_come_first_then_those_one_manages(who: str, codes: list[str], cast: Cast) -> None:
    assert [team.code for team in teams_around(getattr(cast, who))] == codes


def test_duty_starts_on_the_minute_and_ends_on_it(cast: Cast, django_assert_num_queries) -> None:
    Shift.objects.all().delete()
    team = cast.team("support-leaders")
    for user, start, end in (
        (cast.kobayashi, NOW - 8 * HOUR, NOW),
        (cast.responder, NOW, NOW + 8 * HOUR),
        (cast.lead, NOW - HOUR, NOW + HOUR),
    ):
        Shift.objects.create(user=user, team=team, starts_at=start, ends_at=end)
    teams = teams_around(User.objects.get(pk=cast.lead.pk))

    with django_assert_num_queries(1):
        duties = duty_of(teams, NOW)
        named = [(duty.team.code, [shift.user.username for shift in duty.shifts]) for duty in duties]

    assert named == [("phone-desk", []), ("support-leaders", ["lead", "responder"])]
