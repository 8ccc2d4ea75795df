"""How a case's moments and deadlines are put into words and badges, the same on every screen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.db.models import F, Q
from django.utils import dateformat, timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.cases.deadlines import Kind
from apps.cases.models import Case, Deadline, State
from apps.cases.models.choices import OPEN_STATES
from apps.cases.routing import TOP_RANK
from apps.people.models import Role
from apps.policy import rules
from apps.policy.models import Priority, Target
from apps.policy.rulebook import get_rulebook

register = template.Library()

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

STATE_ICONS = {
    State.RECEIVED: "inbox",
    State.ESCALATED: "escalator",
    State.IN_PROGRESS: "construction",
    State.RESOLVED: "task_alt",
    State.REVIEWED: "verified",
}
PRIORITY_ICONS = {
    Priority.P1: "keyboard_double_arrow_up",
    Priority.P2: "keyboard_arrow_up",
    Priority.P3: "remove",
    Priority.P4: "keyboard_arrow_down",
}


# --- moments and spans ------------------------------------------------------------------------------------------------


@register.filter
def moment(at: datetime | None) -> str:
    """In the reader's zone, as people write it: 11月22日(日) 14:05; with the year where it is not this one."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    if local.year == timezone.localtime().year:
        return dateformat.format(local, _("D j M H:i"))
    return dateformat.format(local, _("D j M Y H:i"))


@register.filter
def span(length: timedelta) -> str:
    """A length of time in its one or two largest units; less than a minute counts as one."""
    if length >= 2 * DAY:
        return ngettext("%(count)d day", "%(count)d days", length // DAY) % {"count": length // DAY}
    if length >= HOUR:
        hours, minutes = length // HOUR, length % HOUR // MINUTE
        if minutes and hours < 6:
            return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
        return _("%(hours)d h") % {"hours": hours}
    return _("%(minutes)d min") % {"minutes": max(length // MINUTE, 1)}


@register.filter
def lateness(length: timedelta) -> str:
    """Finer than `span`: seconds count."""
    if length < MINUTE:
        return _("%(seconds)d s") % {"seconds": length.total_seconds()}
    return span(length)


def time_left(due_at: datetime, now: datetime) -> str:
    """あと12分, or 3時間超過."""
    if due_at > now:
        return _("%(span)s left") % {"span": span(due_at - now)}
    return _("%(span)s overdue") % {"span": span(now - due_at)}


@register.filter
def age(since: datetime | None) -> str:
    """How long ago, without 'ago': for a column that says so."""
    return "" if since is None else span(timezone.now() - since)


def money(yen: Decimal) -> str:
    return f"¥{number_format(yen, force_grouping=True)}"


# --- deadlines --------------------------------------------------------------------------------------------------------


def still_missed() -> Q:
    """Clocks that fell due, and what they waited for has not happened since. A condition on Deadline."""
    is_open = Q(case__state__in=OPEN_STATES)
    return Q(state=Deadline.State.FIRED) & (
        (Q(kind=Kind.FIRST_RESPONSE, case__responded_at=None) & is_open)
        | Q(kind=Kind.ACCEPTANCE, case__state=State.ESCALATED, started_at__gte=F("case__escalated_at"))
        | (Q(kind=Kind.RESOLUTION, ended_at__gte=F("case__accepted_at")) & is_open)
        | (Q(kind=Kind.REQUESTED) & is_open)
        | Q(kind=Kind.REVIEW, case__state=State.RESOLVED, started_at__gte=F("case__resolved_at"))
    )


def live() -> Q:
    return Q(state__in=[Deadline.State.RUNNING, Deadline.State.PAUSED])


def running() -> Q:
    return Q(state=Deadline.State.RUNNING)


def overdue(now: datetime) -> Q:
    """A condition on Deadline: its case waits longer than it should."""
    return still_missed() | (running() & Q(due_at__lte=now) & ~Q(kind=Kind.HOLD))


def soon(now: datetime) -> Q:
    """A condition on Deadline: it is not due yet, but the warning has been given or is due."""
    return running() & Q(due_at__gt=now) & (Q(warned_at__isnull=False) | Q(warn_at__lte=now)) & ~Q(kind=Kind.HOLD)


@dataclass(frozen=True, slots=True)
class Badge:
    """A deadline for the eye. `tone`: missed, soon, calm, paused or none; icon and words say the same as the colour."""

    tone: str
    icon: str
    words: str
    clock: str = ""
    due_at: datetime | None = None
    follows: str = ""  # what happens next, and to whom
    next_words: str = ""  # while one limit is missed: the next one


def badge(case: Case, clocks: Iterable[Deadline], now: datetime) -> Badge:
    """What the case's clocks come to. `clocks`: its live ones, and those `still_missed`."""
    rows = sorted(clocks, key=lambda row: row.due_at)
    running = [row for row in rows if row.state == Deadline.State.RUNNING]
    missed = [row for row in rows if row.state == Deadline.State.FIRED]
    coming = running[0] if running else None
    follows = what_follows(case, coming) if coming else ""
    late = missed[0] if missed else coming if coming and coming.due_at <= now else None
    if late is not None and late.kind != Kind.HOLD:
        next_words = time_left(coming.due_at, now) if coming and coming.due_at > now else ""
        clock = late.get_kind_display()
        return Badge("missed", "error", time_left(late.due_at, now), clock, late.due_at, follows, next_words)
    if coming is None:
        return Badge("none", "remove", _("No deadline"))
    words, clock = time_left(coming.due_at, now), coming.get_kind_display()
    if coming.kind == Kind.HOLD:
        return Badge("paused", "pause_circle", _("On hold, %(left)s") % {"left": words}, clock, coming.due_at, follows)
    is_soon = coming.warned_at is not None or (coming.warn_at is not None and coming.warn_at <= now)
    tone, icon = ("soon", "hourglass_bottom") if is_soon else ("calm", "schedule")
    return Badge(tone, icon, words, clock, coming.due_at, follows)


def what_follows(case: Case, clock: Deadline) -> str:
    """In a few words: what happens by itself when the clock falls due. Reads no more than a cached policy version."""
    kind, is_top = Kind(clock.kind), case.level.rank >= TOP_RANK
    match kind:
        case Kind.ACCEPTANCE:
            return _after_acceptance(case)
        case Kind.FIRST_LINE_LIMIT | Kind.RESOLUTION if is_top:
            return _("the policy owner is alarmed")
        case Kind.STALE if clock.round > 1:
            return _("the acceptance is taken back")
    return {
        Kind.FIRST_RESPONSE: _("the owner and the lead are reminded"),
        Kind.FIRST_LINE_LIMIT: _("it escalates by itself"),
        Kind.RESOLUTION: _("it escalates one level up by itself"),
        Kind.STATUS_UPDATE: _("the owner is reminded and the reporter gets a status"),
        Kind.STALE: _("the owner is reminded"),
        Kind.REQUESTED: _("the owner and the lead are reminded"),
        Kind.CONFIRMATION: _("“no answer” is written down"),
        Kind.REVIEW: _("the reviewer is reminded"),
        Kind.HOLD: _("the hold ends by itself"),
    }[kind]


def _after_acceptance(case: Case) -> str:
    ladder = get_rulebook(case.policy_version_id).rows[Priority(case.priority)].ladder
    step = rules.next_rung(ladder, case.rung, case.rung_repeats)
    if not isinstance(step, rules.RungStep):
        if case.level.rank >= TOP_RANK:
            return _("the policy owner is alarmed")
        return _("it goes to level %(level)d") % {"level": case.level.rank + 1}
    match step.rung.target:
        case Target.TEAM:
            return _("the whole team is told again")
        case Target.TEAM_ROLE:
            return _("the team's %(role)s is told") % {"role": Role(step.rung.role).label}
        case Target.DEPARTMENT_HEAD:
            return _("the head of the department is told")
        case Target.POLICY_OWNER:
            return _("the policy owner is told")
    return _("rung %(rung)d of the ladder is told") % {"rung": step.rung.position}


# --- tags -------------------------------------------------------------------------------------------------------------


@register.inclusion_tag("cases/_deadline.html")
def deadline_badge(found: Badge) -> dict[str, Any]:
    return {"badge": found}


@register.inclusion_tag("cases/_state.html")
def state_badge(case: Case) -> dict[str, Any]:
    return {"case": case, "icon": STATE_ICONS[State(case.state)]}


@register.inclusion_tag("cases/_priority.html")
def priority_badge(case: Case) -> dict[str, Any]:
    return {"case": case, "icon": PRIORITY_ICONS[Priority(case.priority)]}
