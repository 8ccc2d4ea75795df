"""Whom somebody at the desk can ask: the teams of the house with their people, and who of them is on duty."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from apps.people.models import Department, Level, Membership, Role, Shift, Team, User

ANSWERING = (Role.RESPONDER, Role.LEAD, Role.MANAGER)


@dataclass(slots=True)
class Person:
    user: User
    roles: list[str]
    on_duty_until: datetime | None


@dataclass(slots=True)
class TeamOfHelpers:
    team: Team
    people: list[Person]

    @property
    def level(self) -> Level:
        return self.team.level

    @property
    def is_on_duty(self) -> bool:
        return any(person.on_duty_until for person in self.people)


@dataclass(slots=True)
class DepartmentOfHelpers:
    department: Department
    is_own: bool
    teams: list[TeamOfHelpers] = field(default_factory=list)


def by_department(reader: User, now: datetime) -> list[DepartmentOfHelpers]:
    """The reader's own departments first, their teams from the first line up; in two statements besides the reader.

    First-line colleagues are left out: they have the same question. Of a team those on duty come first.
    """
    duty: dict[tuple[int, int], datetime] = {}
    for shift in Shift.objects.on_duty(now).values("team_id", "user_id", "ends_at"):
        duty[shift["team_id"], shift["user_id"]] = shift["ends_at"]
    memberships = (
        Membership.objects.filter(role__in=ANSWERING, team__is_active=True, user__is_active=True)
        .select_related("user", "team__department", "team__level")
        .order_by("team__department__code", "team__level__rank", "team__code", "user__last_name_kana", "user_id")
    )
    people: dict[int, dict[int, Person]] = defaultdict(dict)
    teams: dict[int, Team] = {}
    for each in memberships:
        teams[each.team_id] = each.team
        until = duty.get((each.team_id, each.user_id))
        person = people[each.team_id].setdefault(each.user_id, Person(each.user, [], until))
        person.roles.append(each.get_role_display())
    own = {each.team.department_id for each in reader.membership_list}
    found: dict[int, DepartmentOfHelpers] = {}
    for pk, team in teams.items():
        place = team.department
        entry = found.setdefault(place.pk, DepartmentOfHelpers(place, place.pk in own))
        helpers = sorted(people[pk].values(), key=lambda person: person.on_duty_until is None)
        entry.teams.append(TeamOfHelpers(team, helpers))
    return sorted(found.values(), key=lambda entry: not entry.is_own)
