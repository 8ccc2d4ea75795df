"""Where a case goes: reads the organisation, writes nothing.

The joint for what comes later (duty rota, load, rehearsal of authority) is `Directory.destination`: it chooses among
the teams that fit, and everything else asks it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Exists, F, FilteredRelation, OuterRef, Q

from apps.people.models import Department, Membership, Role, Team

TOP_RANK = 5
ACCEPTING = (Role.RESPONDER, Role.LEAD, Role.MANAGER)


@dataclass
class Directory:
    """The organisation as it is now: read once for all cases of a Book, in one statement however large it is."""

    teams: dict[int, Team] = field(default_factory=dict)  # those where somebody may accept a case, with level
    skills: dict[int, set[int]] = field(default_factory=dict)  # by team
    parents: dict[int, int | None] = field(default_factory=dict)  # by department
    heads: dict[int, int | None] = field(default_factory=dict)  # by department
    ranks: dict[int, int] = field(default_factory=dict)  # by level

    @classmethod
    def read(cls) -> Directory:
        directory = cls()
        takes_cases = Membership.objects.filter(team=OuterRef("active_team"), role__in=ACCEPTING, user__is_active=True)
        departments = (
            Department.objects.annotate(active_team=FilteredRelation("teams", condition=Q(teams__is_active=True)))
            .annotate(team_takes_cases=Exists(takes_cases), team_skill_id=F("active_team__team_skills__skill"))
            .select_related("active_team__level")  # type: ignore[misc]  # the stubs miss FilteredRelation
        )
        for place in departments.order_by("pk", "active_team"):  # it comes once for each of its teams and their skills
            directory.parents[place.pk], directory.heads[place.pk] = place.parent_id, place.head_id
            if place.team_takes_cases:
                team = directory.teams.setdefault(place.active_team.pk, place.active_team)
                directory.ranks[team.level_id] = team.level.rank
                if place.team_skill_id is not None:
                    directory.skills.setdefault(team.pk, set()).add(place.team_skill_id)
        return directory

    def line_of(self, department_id: int) -> Iterator[int]:
        """The department and all above it, nearest first."""
        current: int | None = department_id
        while current is not None:
            yield current
            current = self.parents.get(current)

    def is_within(self, department_id: int, tree_of: int) -> bool:
        return tree_of in self.line_of(department_id)

    def head_of(self, department_id: int) -> int | None:
        """The user id of the nearest head: the department's own, or that of one above."""
        return next((head for place in self.line_of(department_id) if (head := self.heads.get(place))), None)

    def destination(
        self, *, department_id: int, rank: int, skill_id: int | None = None, not_team_id: int | None = None
    ) -> Team | None:
        """The team at level `rank` that takes a case of this department; where that level has none, of the next one up.

        A team with the skill wins wherever it sits, then the nearest up the department's line, then any of that level.
        Teams with skills that were not asked for come last: they are known for other work. None: nobody there or above.
        """
        nearness = {place: steps for steps, place in enumerate(self.line_of(department_id))}
        far = len(nearness)

        def distance(team: Team) -> tuple[bool, bool, int, int]:
            skills = self.skills.get(team.pk, set())
            lacks_skill = skill_id is not None and skill_id not in skills
            is_for_other_work = bool(skills) and skill_id not in skills
            return lacks_skill, is_for_other_work, nearness.get(team.department_id, far), team.pk

        for candidate_rank in range(rank, TOP_RANK + 1):
            teams = [t for t in self.teams.values() if t.level.rank == candidate_rank and t.pk != not_team_id]
            if teams:
                return min(teams, key=distance)
        return None
