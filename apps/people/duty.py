"""Who is on duty now, team by team, and how to reach them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from .models import Shift, Team, User


@dataclass(frozen=True, slots=True)
class Duty:
    """A team and the shifts that cover the moment asked for; none: nobody is on duty."""

    team: Team
    shifts: list[Shift]


def teams_around(user: User) -> list[Team]:
    """The active teams that the person has to do with: their own, then those of the departments that they manage.

    One statement for a manager; none for others but that of `membership_list`. The teams come with their level.
    """
    own = {membership.team_id: membership.team for membership in user.membership_list}
    if not user.managed_departments:
        return _in_order(own.values())
    managed = Team.objects.active().filter(department__in=user.managed_departments).exclude(pk__in=own)
    return _in_order(own.values()) + list(managed.select_related("level"))


def duty_of(teams: Iterable[Team], now: datetime) -> list[Duty]:
    """Who of each team is on duty at the moment `now`, in one statement."""
    duties = {team.pk: Duty(team, []) for team in teams}
    shifts = Shift.objects.on_duty(now).filter(team__in=duties).select_related("user")
    for shift in shifts.order_by("ends_at", "pk"):
        duties[shift.team_id].shifts.append(shift)
    return list(duties.values())


def _in_order(teams: Iterable[Team]) -> list[Team]:
    return sorted(teams, key=lambda team: (team.level.rank, team.code))
