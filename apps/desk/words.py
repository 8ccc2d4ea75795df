"""A case in sentences for people who did not learn its vocabulary. Reads nothing that the case has not loaded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from apps.cases.models import Case, Confirmation, State


def situation(case: Case) -> str:
    """What is going on, and who has it, in one sentence."""
    words = {"team": case.team, "owner": case.owner}
    if case.held_at is not None:
        return _("On hold. %(owner)s goes on with it later.") % words
    match State(case.state):
        case State.RECEIVED if case.owner is None:
            return _("Received. %(team)s will look at it.") % words
        case State.RECEIVED:
            return _("Received. %(owner)s of %(team)s is dealing with it.") % words
        case State.ESCALATED:
            return _("Handed to %(team)s, where somebody will take it.") % words
        case State.IN_PROGRESS:
            return _("%(owner)s of %(team)s is working on it.") % words
        case State.RESOLVED:
            return _answered(case)
        case State.REVIEWED:
            return _("Settled and looked back on. Thank you.")


def _answered(case: Case) -> str:
    match case.confirmation:
        case Confirmation.SETTLED:
            return _("Settled; the customer says so too.")
        case Confirmation.NO_ANSWER:
            return _("Settled. The customer has not answered.")
    return _("Settled. We are asking whether the customer agrees.")


def since(case: Case) -> datetime:
    """Since when the case is in its state."""
    moments = {
        State.ESCALATED: case.escalated_at,
        State.IN_PROGRESS: case.accepted_at,
        State.RESOLVED: case.resolved_at,
        State.REVIEWED: case.reviewed_at,
    }
    return case.held_at or moments.get(State(case.state)) or case.received_at


@dataclass(frozen=True, slots=True)
class Step:
    """One of the five states on the case's way. `place` is one of past, here, ahead."""

    label: str
    place: str


def way(case: Case) -> list[Step]:
    """The five states in their order. One that the case passed over counts as past: it did not need it."""
    here = State.values.index(case.state)
    return [
        Step(str(state.label), "past" if number < here else "here" if number == here else "ahead")
        for number, state in enumerate(State)
    ]
