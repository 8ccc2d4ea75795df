"""What must hold for every case at every moment; `faults` walks all cases and names each breach. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.cases.deadlines import GUARDED_BY, RUNS_IN, Kind
from apps.cases.models import OPEN_STATES, Case, Deadline, HandOff, Link, LinkKind, Outcome, Pause, State

CHUNK = 1000


@dataclass(frozen=True)
class Breach:
    number: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.number}: {self.sentence}"


def faults() -> Iterator[Breach]:
    """Every breach of an invariant, case by case; five statements per thousand cases, and one for all."""
    last = 0
    while cases := list(Case.objects.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        first, last = cases[0].pk, cases[-1].pk
        within = Q(case__gte=first, case__lte=last)
        live = _by_case(Deadline.objects.filter(within, state__in=[Deadline.State.RUNNING, Deadline.State.PAUSED]))
        pending = _by_case(HandOff.objects.filter(within, status=HandOff.Status.PENDING))
        pauses = _by_case(Pause.objects.filter(within, ended_at=None))
        duplicates = _by_case(Link.objects.filter(within, kind=LinkKind.DUPLICATE_OF))
        for case in cases:
            for sentence in _breaches(case, live[case.pk], pending[case.pk], pauses[case.pk]):
                yield Breach(case.number, sentence)
            if case.outcome == Outcome.DUPLICATE and case.resolved_at is not None and not duplicates[case.pk]:
                yield Breach(case.number, _("a duplicate that names no original"))
    yield from _circles()


def _circles() -> Iterator[Breach]:
    """Duplicates of themselves, by way of others. One statement."""
    links: dict[int, set[int]] = defaultdict(set)
    numbers = {}
    rows = Link.objects.filter(kind=LinkKind.DUPLICATE_OF).values_list("case", "other", "case__number").order_by("case")
    for case_id, other_id, number in rows:
        links[case_id].add(other_id)
        numbers[case_id] = number
    for begin in list(links):
        seen, waiting = set(), set(links[begin])
        while waiting:
            seen |= waiting
            waiting = {further for each in waiting for further in links.get(each, ())} - seen
        if begin in seen:
            yield Breach(numbers[begin], _("a duplicate of itself, by way of others"))


Row = TypeVar("Row", Deadline, HandOff, Pause, Link)


def _by_case(rows: Iterable[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.case_id].append(row)
    return found


def _breaches(case: Case, live: list[Deadline], pending: list[HandOff], pauses: list[Pause]) -> Iterator[str]:
    state = State(case.state)
    kinds = {Kind(row.kind) for row in live}
    is_held = case.held_at is not None

    if state in OPEN_STATES and not any(row.state == Deadline.State.RUNNING for row in live):
        yield _("open, but no clock is running and no hold will end")
    if GUARDED_BY[state] and not kinds & GUARDED_BY[state]:
        yield _("the clock that watches over the state %(state)s is missing") % {"state": state.label}
    for kind in sorted(kinds):
        if state not in RUNS_IN[kind]:
            yield _("the clock “%(clock)s” does not belong to the state %(state)s") % {
                "clock": kind.label,
                "state": state.label,
            }

    if state == State.ESCALATED and not pending:
        yield _("escalated without a destination that it waits for")
    if state == State.ESCALATED and pending and pending[0].to_team_id != case.team_id:
        yield _("the pending hand-off names another team than the case")
    if state == State.IN_PROGRESS and case.owner_id is None:
        yield _("in progress without an owner")
    if pending and (case.owner_id is not None or state != State.ESCALATED):
        yield _("a hand-off is pending although somebody has the case")

    if (case.resolved_at is not None) != (state in (State.RESOLVED, State.REVIEWED)):
        yield _("the state and the time of the resolution disagree")
    if (case.reviewed_at is not None) != (state == State.REVIEWED):
        yield _("the state and the time of the review disagree")
    if state == State.ESCALATED and case.escalated_at is None:
        yield _("escalated without a time of escalation")
    if state == State.IN_PROGRESS and case.accepted_at is None:
        yield _("in progress without a time of acceptance")

    is_paused = any(row.state == Deadline.State.PAUSED for row in live)
    if is_held != (len(pauses) == 1) or is_held != (Kind.HOLD in kinds) or (is_paused and not is_held):
        yield _("the hold, its clock and the paused clocks disagree")
