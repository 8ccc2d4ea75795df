"""Who may read what of a case, apart from the case itself: notes and files, and which of several people may read it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from apps.cases.models import Attachment, Case, Visibility
from apps.cases.models.case import may_be_read_by
from apps.people.models import WORKING_ROLES, Department, Membership, Role, User
from apps.people.models.organisation import line_in

SEE_ALL_NOTES = frozenset({Role.RESPONDER, Role.LEAD, Role.MANAGER, Role.AUDITOR})
AT_ONCE = 200  # people in one statement: each is a column of it


def readable(case: Case, reader: User) -> Q:
    """A condition on the case's updates and attachments. Operators: what is meant for reporters or customers, what they
    sent themselves, and what is internal of colleagues in the team that holds the case, if it is theirs too."""
    if sees_all_notes(reader):
        return Q()
    allowed = ~Q(visibility=Visibility.INTERNAL) | Q(by=reader)
    if works_in(reader, case.team_id):
        colleagues = Membership.objects.filter(team=case.team_id, role__in=WORKING_ROLES)
        allowed |= Q(by__in=colleagues.values("user"))
    return allowed


def attachments_for(case: Case, reader: User) -> QuerySet[Attachment]:
    return Attachment.objects.filter(readable(case, reader), case=case).select_related("by")


def sees_all_notes(reader: User) -> bool:
    return reader.is_superuser or bool(reader.roles & SEE_ALL_NOTES)


def works_in(reader: User, *team_ids: int) -> bool:
    return any(m.team_id in team_ids and m.role in WORKING_ROLES for m in reader.membership_list)


def may_read_internal(case: Case, reader: User, *, by: User) -> bool:
    """Whether the reader, who may read the case, may also read an internal note that `by` writes in it."""
    return sees_all_notes(reader) or (works_in(reader, case.team_id) and works_in(by, case.team_id))


def among(people: Iterable[User], case_ids: Collection[int]) -> set[tuple[int, int]]:
    """(user id, case id) of those of the people who may read those of the cases, by the law of `visible_to`.

    Three statements for up to AT_ONCE people, however many cases; none without people.
    """
    unique = list({user.pk: user for user in people}.values())
    read_memberships(unique)
    found: set[tuple[int, int]] = set()
    for start in range(0, len(unique), AT_ONCE):
        some = unique[start : start + AT_ONCE]
        laws = {user.pk: may_be_read_by(user) for user in some}
        cases = Case.objects.filter(pk__in=case_ids).annotate(
            **{f"to_{pk}": ExpressionWrapper(law, output_field=BooleanField()) for pk, law in laws.items() if law}
        )
        for row in cases.values("pk", *(f"to_{pk}" for pk, law in laws.items() if law)):
            found |= {(pk, row["pk"]) for pk, law in laws.items() if not law or row[f"to_{pk}"]}
    return found


def read_memberships(people: Collection[User]) -> None:
    """Give the people what they would read one by one: their memberships, and the departments that they manage."""
    waiting = {user.pk: user for user in people if "membership_list" not in user.__dict__}
    if not waiting:
        return
    found: dict[int, list[Membership]] = defaultdict(list)
    memberships = Membership.objects.filter(user__in=waiting, team__is_active=True)
    for each in memberships.select_related("team__department", "team__level", "level").order_by("pk"):
        found[each.user_id].append(each)
    for pk, user in waiting.items():
        user.__dict__["membership_list"] = found[pk]
    managers = [user for user in waiting.values() if Role.MANAGER in user.roles]
    if not managers:
        return
    parents = Department.objects.parents()
    for user in managers:
        managed = {m.team.department_id for m in user.membership_list if m.role == Role.MANAGER}
        user.__dict__["managed_departments"] = frozenset(pk for pk in parents if managed & line_in(parents, pk))
