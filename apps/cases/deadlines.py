"""Which clocks run in which state, and their arithmetic: start, settle, pause, resume. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from apps.cases.models import Case, Deadline, Firing, State
from apps.policy import business_time
from apps.policy.models import Priority

if TYPE_CHECKING:
    from apps.policy.rulebook import Row, Rulebook

Kind = Deadline.Kind

RUNS_IN: dict[Kind, frozenset[State]] = {
    Kind.FIRST_RESPONSE: frozenset({State.RECEIVED}),
    Kind.FIRST_LINE_LIMIT: frozenset({State.RECEIVED}),
    Kind.ACCEPTANCE: frozenset({State.ESCALATED}),
    Kind.RESOLUTION: frozenset({State.IN_PROGRESS}),
    Kind.STATUS_UPDATE: frozenset({State.IN_PROGRESS}),
    Kind.STALE: frozenset({State.IN_PROGRESS}),
    Kind.REQUESTED: frozenset({State.RECEIVED, State.ESCALATED, State.IN_PROGRESS}),
    Kind.CONFIRMATION: frozenset({State.RESOLVED}),
    Kind.REVIEW: frozenset({State.RESOLVED}),
    Kind.HOLD: frozenset({State.RECEIVED, State.IN_PROGRESS}),
}
# The clocks of which at least one must be live in each state, or the case could be forgotten.
GUARDED_BY: dict[State, frozenset[Kind]] = {
    State.RECEIVED: frozenset({Kind.FIRST_LINE_LIMIT}),
    State.ESCALATED: frozenset({Kind.ACCEPTANCE}),
    State.IN_PROGRESS: frozenset({Kind.RESOLUTION}),
    State.RESOLVED: frozenset({Kind.REVIEW}),
    State.REVIEWED: frozenset(),
}
WALL_CLOCK = frozenset({Kind.REQUESTED, Kind.HOLD})  # people name a moment, not a span of working time
MET_BY_LEAVING = frozenset({Kind.FIRST_LINE_LIMIT, Kind.ACCEPTANCE})
MET_BY_RESULT = frozenset({Kind.RESOLUTION, Kind.REQUESTED, Kind.REVIEW})


class Clocks:
    """The live clocks of one case. `changed` collects the rows to write, `firings` the firings to record."""

    def __init__(self, case: Case, live: Iterable[Deadline], rulebook: Rulebook) -> None:
        self.case = case
        self.rulebook = rulebook
        self.live: dict[str, Deadline] = {row.kind: row for row in live}
        self.changed: dict[object, Deadline] = {}
        self.firings: list[Firing] = []

    @property
    def row(self) -> Row:
        """The matrix row of the case's priority, in the policy version that the case began under."""
        return self.rulebook.rows[Priority(self.case.priority)]

    def _until_warning(self, span: timedelta) -> timedelta:
        return span * self.rulebook.warning_percent / 100

    # --- the policy's clocks --------------------------------------------------------------------------------------

    def enter_received(self, now: datetime) -> None:
        """A new case, or one back at the first line: its limit runs, and the first response if still owed."""
        self._cancel_foreign(now)
        if self.case.responded_at is None:
            self.start(Kind.FIRST_RESPONSE, minutes=self.row.first_response, now=now)
        self.start(Kind.FIRST_LINE_LIMIT, minutes=self.row.first_line_limit, now=now)

    def enter_escalated(self, now: datetime, *, wait: int | None = None) -> None:
        """`wait`: working minutes until the next rung, where it is not the first rung's."""
        self._cancel_foreign(now)
        self.cancel(Kind.ACCEPTANCE, now)  # passed on, not accepted
        self.start(Kind.ACCEPTANCE, minutes=wait or self.row.ladder.rungs[0].wait, now=now)

    def enter_in_progress(self, now: datetime) -> None:
        self._cancel_foreign(now)
        self.start(Kind.RESOLUTION, minutes=self.row.resolution_limit, now=now)
        self.start(Kind.STATUS_UPDATE, minutes=self.row.status_interval, now=now)
        self.start(Kind.STALE, minutes=self.row.stale_limit, now=now)

    def enter_resolved(self, now: datetime, *, asks: bool = True) -> None:
        """`asks`: whether the customer is asked to confirm."""
        self._cancel_foreign(now)
        if asks:
            self.start(Kind.CONFIRMATION, minutes=self.row.confirmation_limit, now=now)
        self.start(Kind.REVIEW, minutes=self.row.review_limit, now=now)

    def enter_reviewed(self, now: datetime) -> None:
        self._cancel_foreign(now)

    def note_activity(self, now: datetime, *, told_reporter: bool) -> None:
        """Somebody worked on it: 'no activity' starts anew, the status update too where the reporter heard of it."""
        if self.is_running(Kind.STALE):
            self.start(Kind.STALE, minutes=self.row.stale_limit, now=now)
        if told_reporter and self.is_running(Kind.STATUS_UPDATE):
            self.start(Kind.STATUS_UPDATE, minutes=self.row.status_interval, now=now)

    def next_at(self) -> datetime | None:
        """When a clock of the case has to be looked at next."""
        return min((row.next_at for row in self.live.values() if row.next_at is not None), default=None)

    # --- one clock ------------------------------------------------------------------------------------------------

    def is_running(self, kind: Kind) -> bool:
        row = self.live.get(kind)
        return row is not None and row.state == Deadline.State.RUNNING

    def start(self, kind: Kind, *, minutes: int, now: datetime, round: int = 1) -> Deadline:
        """Start a clock over working minutes in the matrix row's calendar; a live one of its kind is settled."""
        span, calendar = timedelta(minutes=minutes), self.row.calendar
        due_at = business_time.add(now, span, calendar)
        warn_at = business_time.add(now, self._until_warning(span), calendar)
        return self._start(kind, now=now, span=span, due_at=due_at, warn_at=warn_at, round=round)

    def start_until(self, kind: Kind, *, due_at: datetime, now: datetime) -> Deadline:
        """Start a clock towards a moment that a person named (REQUESTED, HOLD)."""
        span = max(due_at - now, timedelta(0))
        warn_at = now + self._until_warning(span) if kind == Kind.REQUESTED else None
        return self._start(kind, now=now, span=span, due_at=max(due_at, now), warn_at=warn_at, round=1)

    def _start(
        self, kind: Kind, *, now: datetime, span: timedelta, due_at: datetime, warn_at: datetime | None, round: int
    ) -> Deadline:
        self.settle(kind, now)
        row = Deadline(
            case=self.case,
            kind=kind,
            round=round,
            started_at=now,
            span=span,
            warn_at=warn_at,
            due_at=due_at,
            next_at=warn_at or due_at,
        )
        self.live[kind] = row
        self.changed[row.pk] = row
        return row

    def settle(self, kind: Kind, now: datetime) -> None:
        """The clock was met: what it waited for happened in time."""
        self._end(kind, now, Deadline.State.SETTLED)

    def cancel(self, kind: Kind, now: datetime) -> None:
        self._end(kind, now, Deadline.State.CANCELLED)

    def fire(self, kind: Kind, now: datetime) -> None:
        row = self.live[kind]
        self._end(kind, now, Deadline.State.FIRED)
        self.firings.append(Firing(deadline=row, step=Firing.Step.DUE, at=now))

    def warn(self, kind: Kind, now: datetime) -> None:
        row = self.live[kind]
        row.warned_at = now
        row.next_at = row.due_at
        row.attempts, row.error = 0, ""
        self.changed[row.pk] = row
        self.firings.append(Firing(deadline=row, step=Firing.Step.WARNING, at=now))

    def _end(self, kind: Kind, now: datetime, state: Deadline.State) -> None:
        row = self.live.pop(kind, None)
        if row is None:
            return
        row.state, row.ended_at, row.next_at, row.remaining = state, now, None, None
        self.changed[row.pk] = row

    def _cancel_foreign(self, now: datetime) -> None:
        """End what does not run in the case's state: met where the step that was taken is what the clock waited for."""
        met = MET_BY_LEAVING | (MET_BY_RESULT if self.case.state in (State.RESOLVED, State.REVIEWED) else frozenset())
        for kind in [Kind(kind) for kind in self.live]:
            if self.case.state not in RUNS_IN[kind]:
                self._end(kind, now, Deadline.State.SETTLED if kind in met else Deadline.State.CANCELLED)

    # --- holds ----------------------------------------------------------------------------------------------------

    def pause(self, now: datetime) -> None:
        """Stop every clock of working time and remember what it had left."""
        for row in self.live.values():
            if row.kind in WALL_CLOCK or row.state != Deadline.State.RUNNING:
                continue
            left = business_time.measure(now, row.due_at, self.row.calendar) if row.due_at > now else timedelta(0)
            row.state, row.remaining, row.next_at = Deadline.State.PAUSED, left, None
            self.changed[row.pk] = row

    def resume(self, now: datetime) -> None:
        """Go on with what was left: the hold's working time is given back."""
        self.settle(Kind.HOLD, now)
        for row in self.live.values():
            if row.state != Deadline.State.PAUSED:
                continue
            left = row.remaining or timedelta(0)
            row.state, row.remaining = Deadline.State.RUNNING, None
            row.attempts, row.error = 0, ""
            row.due_at = business_time.add(now, left, self.row.calendar)
            if row.warned_at is None:
                until_warning = max(left - row.span + self._until_warning(row.span), timedelta(0))
                row.warn_at = business_time.add(now, until_warning, self.row.calendar)
            row.next_at = row.due_at if row.warned_at else row.warn_at
            self.changed[row.pk] = row
