"""What keeps a version from being published, and what its owner should know before it is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.people.models import WORKING_ROLES, Membership, Role, Team, User

from .choices import Impact, Priority, Target, Urgency

if TYPE_CHECKING:
    from .ladder import Ladder, Rung
    from .version import Version

# The limits that a more urgent priority should not have longer than a calmer one.
COMPARED = {
    "first_response": gettext_lazy("first response (min)"),
    "first_line_limit": gettext_lazy("first-line limit (min)"),
    "resolution_limit": gettext_lazy("resolution limit (min)"),
}


def faults(version: Version) -> Iterator[ValidationError]:
    """A sentence for each thing that is missing or leads nowhere. The order of a row's limits is a CHECK constraint."""
    yield from _matrix_faults(version)
    staffed = staffed_teams()
    for row in version.rows.select_related("destination_team").exclude(destination_team=None):
        if row.destination_team_id not in staffed:
            yield ValidationError(
                _("The destination of “%(priority)s” is “%(team)s”, where nobody can accept a case."),
                params={"priority": row.get_priority_display(), "team": row.destination_team},
            )
    for ladder in version.ladders.prefetch_related("rungs__team", "rungs__person"):
        yield from _ladder_faults(ladder, staffed)
    for calendar in version.calendars.prefetch_related("hours"):
        if not calendar.hours.all():
            yield ValidationError(
                _("The business calendar “%(name)s” has no opening hours."), params={"name": calendar.name}
            )


def cautions(version: Version) -> Iterator[str]:
    """What may be meant as it is, and is worth a second look: a version is published in spite of it."""
    rows = list(version.rows.select_related("destination_level").order_by("priority"))
    for urgent, calmer in pairwise(rows):
        if urgent.calendar_id != calmer.calendar_id:
            continue  # minutes of different calendars do not compare
        for name in COMPARED:
            if getattr(urgent, name) > getattr(calmer, name):
                yield _("“%(limit)s” of “%(urgent)s” is longer than that of “%(calmer)s”.") % {
                    "limit": COMPARED[name],
                    "urgent": urgent.get_priority_display(),
                    "calmer": calmer.get_priority_display(),
                }
    levels = {row.destination_level for row in rows if row.destination_team_id is None}
    triggers = version.triggers.filter(escalate_at_once=True).exclude(to_level=None).select_related("to_level")
    levels |= {trigger.to_level for trigger in triggers if trigger.to_level}
    highest = Team.objects.filter(pk__in=staffed_teams()).aggregate(rank=Max("level__rank"))["rank"] or 0
    for level in sorted(levels, key=lambda level: level.rank):
        if level.rank > highest:
            yield _("Nobody on the level “%(level)s” or above can accept a case yet.") % {"level": level}


def staffed_teams() -> set[int]:
    """Ids of the active teams in which somebody may accept a case, in one statement."""
    members = Membership.objects.filter(role__in=WORKING_ROLES)
    members = members.filter(team__is_active=True, user__is_active=True, user__is_system=False)
    return set(members.values_list("team_id", flat=True))


def _matrix_faults(version: Version) -> Iterator[ValidationError]:
    cells = {(cell.impact, cell.urgency) for cell in version.cells.all()}
    for impact in Impact:
        for urgency in Urgency:
            if (impact, urgency) not in cells:
                yield ValidationError(
                    _("The priority of “%(impact)s × %(urgency)s” is missing."),
                    params={"impact": impact.label, "urgency": urgency.label},
                )
    rows = {row.priority: row for row in version.rows.select_related("ladder", "calendar")}
    for priority in Priority:
        if priority not in rows:
            yield ValidationError(
                _("The matrix row of “%(priority)s” is missing."), params={"priority": priority.label}
            )
    for row in rows.values():
        for part in (row.ladder, row.calendar):
            if part is not None and part.version_id != version.pk:
                yield ValidationError(
                    _("“%(name)s” belongs to another version of the policy."), params={"name": part.name}
                )


def _ladder_faults(ladder: Ladder, staffed: set[int]) -> Iterator[ValidationError]:
    rungs = sorted(ladder.rungs.all(), key=lambda rung: rung.position)
    if not rungs:
        yield ValidationError(_("The ladder “%(name)s” has no rung."), params={"name": ladder.name})
    elif [rung.position for rung in rungs] != list(range(1, len(rungs) + 1)):
        yield ValidationError(
            _("The rungs of the ladder “%(name)s” must be numbered from 1 without a gap."),
            params={"name": ladder.name},
        )
    for rung in rungs:
        if not _reaches_somebody(rung, staffed):
            yield ValidationError(
                _("Rung %(position)d of the ladder “%(name)s” tells nobody: “%(whom)s” is not there any more."),
                params={
                    "position": rung.position,
                    "name": ladder.name,
                    "whom": rung.team or rung.person or _whom(rung),
                },
            )


def _reaches_somebody(rung: Rung, staffed: set[int]) -> bool:
    """Whom the other targets reach depends on the case."""
    match rung.target:
        case Target.NAMED_TEAM:
            return rung.team_id in staffed
        case Target.PERSON:
            return rung.person is not None and rung.person.is_active and not rung.person.is_system
        case Target.POLICY_OWNER:
            owners = Membership.objects.filter(role=Role.POLICY_OWNER, team__is_active=True)
            return User.objects.people().filter(memberships__in=owners).exists()
    return True


def _whom(rung: Rung) -> str:
    return str(rung.get_target_display())
