"""Who is told what. The verbs name groups; here they become people and letters, in one statement for a whole Book."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.cases import confirmation, reading
from apps.cases.models import Case, Deadline, Follower, State, Support
from apps.notifications.models import Key, Why
from apps.notifications.outbox import Notice, Outsider
from apps.people.models import WORKING_ROLES, Role, User
from apps.policy.models import Priority


@dataclass(frozen=True, slots=True)
class Group:
    """One person (`user_id`), a team's people (`team_id`, all who work there or one `role`), or all with a `role`."""

    why: Why
    user_id: int | None = None
    team_id: int | None = None
    role: str = ""
    is_customer: bool = False
    may_read: bool = False  # was found to be allowed to read the case, and what is told of it


@dataclass(frozen=True, slots=True)
class Announcement:
    case: Case
    key: Key
    groups: Sequence[Group]
    now: datetime
    deadline: datetime | None
    context: Mapping[str, object] = field(default_factory=dict)


def person(user_id: int | None, why: Why) -> list[Group]:
    return [Group(why, user_id=user_id)] if user_id is not None else []


def team(team_id: int, why: Why = Why.DESTINATION) -> list[Group]:
    return [Group(why, team_id=team_id)]


def lead(team_id: int) -> list[Group]:
    return [Group(Why.LEAD, team_id=team_id, role=Role.LEAD)]


def policy_owners() -> list[Group]:
    return [Group(Why.POLICY_OWNER, role=Role.POLICY_OWNER)]


def reporter(case: Case) -> list[Group]:
    return person(case.reporter_id, Why.REPORTER)


def mentioned(people: Iterable[User]) -> list[Group]:
    """People who were found to be allowed to read what mentions them."""
    return [Group(Why.MENTIONED, user_id=user.pk, may_read=True) for user in people]


def customer(case: Case) -> list[Group]:
    return [Group(Why.CUSTOMER, is_customer=True)] if case.customer_email else []


# What those who follow a case hear of it, by what others are told.
FOLLOWED: dict[Key, Key] = {
    Key.STATUS: Key.STATUS,
    Key.ACCEPTED: Key.STATUS,
    Key.HANDED_OVER: Key.STATUS,
    Key.SENT_BACK: Key.STATUS,
    Key.RESOLVED: Key.RESOLVED,
    Key.REOPENED: Key.REOPENED,
    Key.REVIEWED: Key.STATUS,
}
NOT_FOR_FOLLOWERS = frozenset({"reason", "advice", "thanks", "lesson"})  # said to somebody


def notices(announcements: Iterable[Announcement]) -> list[Notice]:
    """The letters for all announcements; one statement finds every recipient but the followers. Who acted is not
    written to."""
    announcements = list(announcements)
    members = _members([group for each in announcements for group in each.groups])
    followers = _followers([each for each in announcements if each.key in FOLLOWED and _is_followed(each.case)])
    letters = []
    for each in announcements:
        actor_id = each.context.get("actor_id")
        told = set()
        for group in each.groups:
            recipients: list[User | Outsider]
            if group.is_customer:
                recipients = [Outsider(each.case.customer_email, settings.LANGUAGE_CODE)]
            else:
                recipients = [user for user in members.of(group) if user.pk != actor_id]
            told |= {user.pk for user in recipients if isinstance(user, User)}
            if recipients:
                letters.append(_letter(each, each.key, group, recipients))
        if each.key in FOLLOWED:
            group = Group(Why.FOLLOWER, may_read=True)
            others = [user for user in followers.get(each.case.pk, []) if user.pk not in {actor_id, *told}]
            if others:
                letters.append(_letter(each, FOLLOWED[each.key], group, others))
    return letters


def _letter(each: Announcement, key: Key, group: Group, recipients: Sequence[User | Outsider]) -> Notice:
    return Notice(
        about=f"cases.case:{each.case.pk}",
        key=key,
        recipients=recipients,
        context=_context(each, group),
        why=group.why,
    )


def _is_followed(case: Case) -> bool:
    return getattr(case, "is_followed", False)  # as the Book loaded it; a new case has no followers


def _followers(announcements: Sequence[Announcement]) -> dict[int, list[User]]:
    """By case, those who may read it still; four statements where anybody follows."""
    if not announcements:
        return {}
    rows = Follower.objects.filter(case__in={each.case.pk for each in announcements}, user__is_active=True)
    rows = rows.select_related("user").order_by("since", "pk")
    people = {row.user_id: row.user for row in rows}
    allowed = reading.among(people.values(), {row.case_id for row in rows})
    found: dict[int, list[User]] = {}
    for row in rows:
        if (row.user_id, row.case_id) in allowed:
            found.setdefault(row.case_id, []).append(people[row.user_id])
    return found


class _Members:
    def __init__(self) -> None:
        self.people: dict[int, User] = {}
        self.of_team: dict[tuple[int, str], list[int]] = {}
        self.with_role: dict[str, list[int]] = {}

    def of(self, group: Group) -> list[User]:
        if group.user_id is not None:
            ids = [group.user_id]
        elif group.team_id is None:
            ids = self.with_role.get(group.role, [])
        else:
            roles = [group.role] if group.role else sorted(WORKING_ROLES)
            ids = [pk for role in roles for pk in self.of_team.get((group.team_id, role), [])]
        return [self.people[pk] for pk in dict.fromkeys(ids) if pk in self.people]


def _members(groups: Sequence[Group]) -> _Members:
    found = _Members()
    user_ids = {g.user_id for g in groups if g.user_id is not None}
    team_ids = {g.team_id for g in groups if g.team_id is not None}
    roles = {g.role for g in groups if g.role and g.team_id is None}
    if not (user_ids or team_ids or roles):
        return found
    rows = (
        User.objects.people()
        .annotate(in_team=F("memberships__team_id"), in_role=F("memberships__role"))
        .filter(Q(pk__in=user_ids) | Q(in_team__in=team_ids) | Q(in_role__in=roles))
        .order_by("pk")
    )
    for user in rows:
        found.people.setdefault(user.pk, user)
        if user.in_team is not None:
            found.of_team.setdefault((user.in_team, user.in_role), []).append(user.pk)
            found.with_role.setdefault(user.in_role, []).append(user.pk)
    return found


def _may_read(case: Case, group: Group) -> bool:
    """As `Case.objects.visible_to`: a confidential case is for its reporter, its owner and the team that holds it."""
    return (
        group.may_read
        or not case.confidential
        or group.team_id == case.team_id
        or group.user_id in (case.reporter_id, case.owner_id)
    )


def _context(each: Announcement, group: Group) -> dict[str, object]:
    case = each.case
    if each.key == Key.CUSTOMER_NOTE:  # what the customer gets to read: nothing internal leaves the house
        return {"number": case.number, "text": each.context["text"]}
    if group.is_customer:
        return {
            "number": case.number,
            "deadline": each.deadline,
            "url": confirmation.url(case, each.now),
        }
    situation = {
        "number": case.number,
        "priority": case.priority,
        "priority_label": Priority(case.priority).label,
        "state_label": State(case.state).label,
        "level_label": case.level,
        "team": case.team,
        "deadline": each.deadline,
        "url": f"{settings.SITE_URL}/cases/{case.number}/",
    }
    if not _may_read(case, group):
        return {**situation, "subject": _("(confidential)"), "clock_label": each.context.get("clock_label")}
    return {
        **situation,
        "subject": case.subject,
        "customer": case.customer,
        "owner": case.owner,
        "reporter": case.reporter,
        "facts": case.facts,
        "first_line_did": case.first_line_did,
        "stuck_on": case.stuck_on,
        "support_wanted": Support(case.support_wanted).label if case.support_wanted else None,
        **_words(each, group),
    }


def _words(each: Announcement, group: Group) -> Mapping[str, object]:
    """What the verb has to say; followers are told how the case stands, not what people say to each other."""
    if group.why != Why.FOLLOWER:
        return each.context
    return {name: value for name, value in each.context.items() if name not in NOT_FOR_FOLLOWERS}


def next_due(live: Iterable[Deadline]) -> datetime | None:
    """The earliest due time of the running clocks that bind the people at work on the case."""
    return min((row.due_at for row in live if row.state == Deadline.State.RUNNING), default=None)
