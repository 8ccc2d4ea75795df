"""Who has the case: received, escalated, accepted, sent back, passed down or across."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from apps.cases import audience, checks, moves
from apps.cases.checks import Refused
from apps.cases.deadlines import Kind
from apps.cases.models import (
    Case,
    HandOff,
    HandOffKind,
    State,
    Visibility,
)
from apps.notifications.models import Key, Why
from apps.people.models import Team, User
from apps.policy import rules
from apps.policy.models import Verb
from apps.policy.rulebook import current_version_id

if TYPE_CHECKING:
    from apps.cases.ledger import Book


def receive(
    book: Book,
    *,
    by: User | None,
    now: datetime,
    sheet: Mapping[str, object],
    team: Team,
    owner: User | None = None,
    version_id: int | None = None,
) -> Case:
    """A new case from the escalation sheet (`sheet`: values by field name of Case), held by the first-line `team`.

    `owner` holds it from the start; by default the reporter, if they work in that team. `version_id`: the policy
    version, by default the one now in force. A trigger may raise the priority and escalate at once.
    """
    if by is not None:
        checks.working_member(by)
    for name in ("subject", "facts", "impact", "urgency", "department"):
        checks.filled(sheet.get(name), str(Case._meta.get_field(name).verbose_name), field=name)
    if owner is None and by is not None and any(m.team_id == team.pk for m in by.membership_list):
        owner = by
    is_person = by is not None and not by.is_system
    case: Case = Case(
        **sheet,
        policy_version_id=version_id or current_version_id(),
        reporter=by if is_person else None,
        owner=owner,
        team=team,
        level=team.level,
        received_at=now,
        active_at=now,
    )
    case.confidential = case.confidential or bool(case.category and case.category.confidential)
    draft = book.put(case)
    assessment = rules.assess(draft.rulebook, moves.facts(case))
    case.priority = assessment.priority
    draft.clocks.enter_received(now)
    if case.wanted_by is not None and case.wanted_by > now:
        draft.clocks.start_until(Kind.REQUESTED, due_at=case.wanted_by, now=now)
    fired = [trigger.name for trigger in assessment.triggers]
    draft.record("receive", by=by, now=now, from_state="", details={"triggers": fired} if fired else {})
    if owner is None:
        draft.tell(Key.ASSIGNED, audience.team(team.pk, Why.CONCERNED), by=by, now=now)
    moves.pull_triggers(draft, assessment.triggers, by=by, now=now)
    return case


def escalate(
    case: Case,
    book: Book,
    *,
    by: User,
    now: datetime,
    kind: HandOffKind | str,
    reason: str,
    team: Team | None = None,
    skip_reason: str = "",
    checklist: Collection[int] = (),
) -> None:
    """Pass the case up, by default to where the matrix (functional) or the next level (hierarchical) points.

    A `team` of the person's own choice may pass over a level only with a reason for that. The clock and imports tick no
    checklist.
    """
    draft = moves.begin(case, book, "escalate", by)
    checks.filled(reason, _("reason"), field="reason")
    kind, chooses = HandOffKind(kind), not (by.is_system or book.is_import)
    if chooses:
        checks.checklist_ticked(draft.rulebook, Verb.ESCALATE, case.category_id, checklist)
    destination = team or moves.where_to(draft, kind)
    if destination is None:
        raise Refused("no_destination", _("Nobody is above this level. Please talk to the policy owner."))
    if team is not None and chooses:
        checks.somebody_accepts(team, book.directory)
        checks.does_not_lead_down(from_rank=case.level.rank, to=team)
        checks.level_not_skipped(from_rank=case.level.rank, to_rank=team.level.rank, skip_reason=skip_reason)
    moves.pass_up(draft, kind, destination, by=by, now=now, reason=reason, skip_reason=skip_reason)


def accept(case: Case, book: Book, *, by: User, now: datetime) -> None:
    """Take the case over from the queue of one's team."""
    draft = moves.begin(case, book, "accept", by)
    from_state = case.state
    case.accept(owner=by, at=now)
    draft.answer(HandOff.Status.ACCEPTED, by=by, now=now)
    draft.clocks.enter_in_progress(now)
    draft.tell(Key.ACCEPTED, audience.reporter(case), by=by, now=now)
    draft.record("accept", by=by, now=now, from_state=from_state)


def send_back(case: Case, book: Book, *, by: User, now: datetime, advice: str) -> None:
    """Return the case to where it came from, with advice worded for next time."""
    draft = moves.begin(case, book, "send_back", by)
    checks.filled(advice, _("advice"), field="advice")
    pending, from_state = draft.pending, case.state
    if pending is None:
        raise Refused("state", _("Nothing waits to be accepted here."))
    former, was_in_progress = pending.from_owner, pending.from_state == State.IN_PROGRESS
    to = State.IN_PROGRESS if was_in_progress and former is not None else State.RECEIVED
    draft.answer(HandOff.Status.SENT_BACK, by=by, now=now, advice=advice)
    moves.add_hand_off(
        draft, HandOffKind.SEND_BACK, to_team=pending.from_team, to_owner=former, by=by, now=now, reason=advice
    )
    case.send_back(to=to, owner=former, team=pending.from_team)
    moves.write_down(draft, "send_back", advice, by=by, now=now, visibility=Visibility.REPORTER)
    if to == State.IN_PROGRESS:
        draft.clocks.enter_in_progress(now)
    else:
        draft.clocks.enter_received(now)
    holder = audience.person(case.owner_id, Why.FORMER_OWNER) or audience.team(case.team_id)
    draft.tell(Key.SENT_BACK, holder + audience.reporter(case), by=by, now=now, advice=advice)
    draft.record("send_back", by=by, now=now, from_state=from_state, reason=advice)


def de_escalate(case: Case, book: Book, *, by: User, now: datetime, reason: str, team: Team) -> None:
    """Pass the case down: to a `team` of a lower level, at the first line back to RECEIVED."""
    draft = moves.begin(case, book, "de_escalate", by)
    checks.filled(reason, _("reason"), field="reason")
    if team.level.rank >= case.level.rank:
        raise Refused(
            "not_lower",
            _("%(team)s is not on a lower level. Hand the case over or escalate it instead.") % {"team": team},
            field="team",
        )
    from_state = case.state
    moves.end_hold(draft, now)
    is_first_line = team.level.rank == 1
    moves.add_hand_off(
        draft, HandOffKind.DE_ESCALATION, to_team=team, by=by, now=now, reason=reason, waits=not is_first_line
    )
    case.de_escalate(to=State.RECEIVED if is_first_line else State.ESCALATED, team=team, at=now)
    if is_first_line:
        draft.clocks.enter_received(now)
    else:
        draft.clocks.enter_escalated(now)
    draft.tell(Key.ASSIGNED if is_first_line else Key.ESCALATED, audience.team(team.pk), by=by, now=now, reason=reason)
    draft.tell(Key.STATUS, audience.reporter(case), by=by, now=now)
    draft.record("de_escalate", by=by, now=now, from_state=from_state, reason=reason)


def hand_over(
    case: Case, book: Book, *, by: User, now: datetime, owner: User, reason: str, team: Team | None = None
) -> None:
    """Give the case to a colleague on the same level, in the same team or in another `team` of that level."""
    draft = moves.begin(case, book, "hand_over", by)
    checks.filled(reason, _("reason"), field="reason")
    team = team or case.team
    checks.may_take_over(case, owner, team)
    moves.add_hand_off(draft, HandOffKind.HAND_OVER, to_team=team, to_owner=owner, by=by, now=now, reason=reason)
    case.hand_over(owner=owner, team=team)
    draft.clocks.note_activity(now, told_reporter=False)
    draft.tell(Key.HANDED_OVER, audience.person(owner.pk, Why.OWNER), by=by, now=now, reason=reason)
    draft.tell(Key.HANDED_OVER, audience.reporter(case), by=by, now=now)
    draft.record("hand_over", by=by, now=now, from_state=case.state, reason=reason)
