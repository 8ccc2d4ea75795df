"""The clocks of a case explained: what runs until when and what happens then, what stands still, what was given back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import BooleanField, ExpressionWrapper, F
from django.utils.translation import gettext as _

from apps.cases.deadlines import WALL_CLOCK
from apps.cases.models import Case, Deadline, Pause
from apps.cases.templatetags.case_words import Badge, badge, moment, span, still_missed, time_left, what_follows
from apps.policy import business_time
from apps.policy.models import Priority
from apps.policy.rulebook import get_rulebook

MOST = 30  # rows that are read


@dataclass(frozen=True, slots=True)
class ClockRow:
    """`tone` as in a badge: missed, soon, calm, paused or none; `notes` are sentences."""

    clock: Deadline
    tone: str
    words: str
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Clocks:
    live: list[ClockRow]
    ended: list[ClockRow]  # the latest first
    pauses: list[Pause]  # the latest first
    badge: Badge


def clocks(case: Case, now: datetime) -> Clocks:
    """In two statements, however many there are. `case` with its level."""
    is_missed = ExpressionWrapper(still_missed(), BooleanField())
    found = Deadline.objects.filter(case=case).annotate(is_missed=is_missed)
    missed_first, live_first = F("is_missed").desc(nulls_last=True), F("ended_at").desc(nulls_first=True)
    rows = found.order_by(missed_first, live_first, "due_at", "pk")[:MOST]
    pauses = list(Pause.objects.filter(case=case).select_related("by").order_by("-began_at")[:MOST])
    explained = [_explain(case, clock, pauses, now) for clock in rows]
    live = [row for row in explained if row.clock.ended_at is None]
    ended = [(row.clock.ended_at, row) for row in explained if row.clock.ended_at is not None]
    ended.sort(key=lambda pair: pair[0], reverse=True)
    telling = [clock for clock in rows if clock.ended_at is None or clock.is_missed]
    return Clocks(live, [row for _at, row in ended], pauses, badge(case, telling, now))


def _explain(case: Case, clock: Deadline, pauses: Sequence[Pause], now: datetime) -> ClockRow:
    credit = _credit(case, clock, pauses)
    back = [_("%(span)s of holds given back") % {"span": span(credit)}] if credit else []
    match clock.state:
        case Deadline.State.RUNNING:
            return _running(case, clock, now, back)
        case Deadline.State.PAUSED:
            return _paused(clock, pauses, back)
        case Deadline.State.FIRED:
            return ClockRow(clock, "missed", clock.get_state_display(), _ended(clock, back))
        case Deadline.State.SETTLED if clock.ended_at is not None and clock.ended_at < clock.due_at:
            left = _("Met, %(span)s early") % {"span": span(clock.due_at - clock.ended_at)}
            return ClockRow(clock, "none", left, _ended(clock, back))
    return ClockRow(clock, "none", clock.get_state_display(), _ended(clock, back))


def _running(case: Case, clock: Deadline, now: datetime, back: list[str]) -> ClockRow:
    is_soon = clock.warned_at is not None or (clock.warn_at is not None and clock.warn_at <= now)
    tone = "missed" if clock.due_at <= now else "soon" if is_soon else "calm"
    notes = [_("Due %(at)s, then: %(what)s") % {"at": moment(clock.due_at), "what": what_follows(case, clock)}]
    if clock.warned_at is not None:
        notes.append(_("Warned %(at)s") % {"at": moment(clock.warned_at)})
    elif clock.warn_at is not None:
        notes.append(_("Warning %(at)s") % {"at": moment(clock.warn_at)})
    return ClockRow(clock, tone, time_left(clock.due_at, now), notes + back)


def _paused(clock: Deadline, pauses: Sequence[Pause], back: list[str]) -> ClockRow:
    words = _("%(span)s of working time left") % {"span": span(clock.remaining or timedelta(0))}
    notes = [
        _("Stands still since %(since)s until %(until)s: waiting for %(whom)s")
        % {"since": moment(pause.began_at), "until": moment(pause.until), "whom": pause.get_waiting_for_display()}
        for pause in pauses
        if pause.ended_at is None
    ]
    return ClockRow(clock, "paused", words, notes + back)


def _ended(clock: Deadline, back: list[str]) -> list[str]:
    return [_("Due %(due)s, ended %(ended)s") % {"due": moment(clock.due_at), "ended": moment(clock.ended_at)}, *back]


def _credit(case: Case, clock: Deadline, pauses: Sequence[Pause]) -> timedelta:
    """The working time of the holds that stopped this clock and are over."""
    if clock.kind in WALL_CLOCK:
        return timedelta(0)
    calendar = get_rulebook(case.policy_version_id).rows[Priority(case.priority)].calendar
    over = [
        business_time.measure(pause.began_at, pause.ended_at, calendar)
        for pause in pauses
        if pause.ended_at is not None
        and clock.started_at <= pause.began_at
        and (clock.ended_at is None or pause.ended_at <= clock.ended_at)
    ]
    return sum(over, timedelta(0))
