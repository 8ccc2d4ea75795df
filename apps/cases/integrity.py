"""What must hold for every case at every moment; `faults` walks all cases and names each breach. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Prefetch, Q
from django.utils.translation import gettext as _

from apps.cases.deadlines import GUARDED_BY, RUNS_IN, Kind
from apps.cases.models import OPEN_STATES, Case, Deadline, HandOff, State

CHUNK = 1000


@dataclass(frozen=True)
class Breach:
    number: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.number}: {self.sentence}"


def faults() -> Iterator[Breach]:
    """Every breach of an invariant, case by case; three statements per thousand cases."""
    live = Deadline.objects.filter(state__in=[Deadline.State.RUNNING, Deadline.State.PAUSED])
    pending = HandOff.objects.filter(status=HandOff.Status.PENDING)
    cases = (
        Case.objects.order_by("pk")
        .annotate(open_pauses=Count("pauses", filter=Q(pauses__ended_at=None)))
        .prefetch_related(Prefetch("deadlines", live, "live"), Prefetch("hand_offs", pending, "waiting"))
    )
    for case in cases.iterator(chunk_size=CHUNK):
        for sentence in _breaches(case):
            yield Breach(case.number, sentence)


def _breaches(case: Case) -> Iterator[str]:
    state = State(case.state)
    kinds = {Kind(row.kind) for row in case.live}
    is_held = case.held_at is not None

    if state in OPEN_STATES and not any(row.state == Deadline.State.RUNNING for row in case.live):
        yield _("open, but no clock is running and no hold will end")
    if GUARDED_BY[state] and not kinds & GUARDED_BY[state]:
        yield _("the clock that watches over the state %(state)s is missing") % {"state": state.label}
    for kind in sorted(kinds):
        if state not in RUNS_IN[kind]:
            yield _("the clock “%(clock)s” does not belong to the state %(state)s") % {
                "clock": kind.label,
                "state": state.label,
            }

    if state == State.ESCALATED and not case.waiting:
        yield _("escalated without a destination that it waits for")
    if state == State.ESCALATED and case.waiting and case.waiting[0].to_team_id != case.team_id:
        yield _("the pending hand-off names another team than the case")
    if state == State.IN_PROGRESS and case.owner_id is None:
        yield _("in progress without an owner")
    if case.waiting and (case.owner_id is not None or state != State.ESCALATED):
        yield _("a hand-off is pending although somebody has the case")

    if (case.resolved_at is not None) != (state in (State.RESOLVED, State.REVIEWED)):
        yield _("the state and the time of the resolution disagree")
    if (case.reviewed_at is not None) != (state == State.REVIEWED):
        yield _("the state and the time of the review disagree")
    if state == State.ESCALATED and case.escalated_at is None:
        yield _("escalated without a time of escalation")
    if state == State.IN_PROGRESS and case.accepted_at is None:
        yield _("in progress without a time of acceptance")

    is_paused = any(row.state == Deadline.State.PAUSED for row in case.live)
    if is_held != (case.open_pauses == 1) or is_held != (Kind.HOLD in kinds) or (is_paused and not is_held):
        yield _("the hold, its clock and the paused clocks disagree")
