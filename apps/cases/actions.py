"""The verbs. Every change of a case is one of these functions, whoever calls it: screen, task, import or clock.

A verb gets a case that the Book has locked, who acts (`by`; None is the customer), `now` (aware), and the values of its
form. It refuses by raising `checks.Refused` before anything is decided, writes nothing itself, and puts what it decided
into the Book.
"""

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
    Confirmation,
    HandOff,
    HandOffKind,
    LinkKind,
    Pause,
    Review,
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


def respond(case: Case, book: Book, *, by: User, now: datetime, told: str) -> None:
    """The first line answered the customer: `told` is what the customer was told. A case without a holder gets one."""
    draft = moves.begin(case, book, "respond", by)
    checks.filled(told, _("what the customer was told"), field="told")
    case.respond(owner=case.owner or by, at=now)
    draft.clocks.settle(Kind.FIRST_RESPONSE, now)
    moves.write_down(draft, "respond", told, by=by, now=now, visibility=Visibility.REPORTER)
    draft.record("respond", by=by, now=now, from_state=case.state)


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


def climb(case: Case, book: Book, *, by: User, now: datetime, step: rules.RungStep) -> None:
    """The clock's: nobody accepted, so the next rung of the ladder is told."""
    draft = book.draft(case)
    checks.state_allows(case, "climb")
    case.climb(rung=step.rung.position, repeats=step.repeat)
    draft.clocks.enter_escalated(now, wait=step.rung.wait)
    draft.tell(
        Key.ESCALATED, moves.rung_groups(draft, step.rung), by=by, now=now, reason=_("Nobody has accepted it yet.")
    )
    draft.record(
        "climb", by=by, now=now, from_state=case.state, details={"rung": case.rung, "repeat": case.rung_repeats}
    )


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


def hold(
    case: Case, book: Book, *, by: User, now: datetime, waiting_for: str, until: datetime, reason: str = ""
) -> None:
    """Stop the clocks of working time until `until`, when the case resumes by itself, or until `resume`."""
    draft = moves.begin(case, book, "hold", by)
    checks.filled(waiting_for, _("waiting for"), field="waiting_for")
    checks.filled(until, _("until"), field="until")
    if until <= now:
        raise Refused("past", _("“Until” lies in the past. Please name a later moment."), field="until")
    if case.held_at is not None:
        raise Refused("held", _("%(number)s is on hold already.") % {"number": case.number})
    case.hold(at=now)
    draft.clocks.note_activity(now, told_reporter=False)
    draft.clocks.pause(now)
    draft.clocks.start_until(Kind.HOLD, due_at=until, now=now)
    draft.put_pause(Pause(case=case, waiting_for=waiting_for, reason=reason, began_at=now, until=until, by=by))
    draft.record("hold", by=by, now=now, from_state=case.state, reason=reason, details={"waiting_for": waiting_for})


def resume(case: Case, book: Book, *, by: User, now: datetime) -> None:
    """Go on after a hold; the clocks get its time back."""
    draft = moves.begin(case, book, "resume", by)
    if case.held_at is None:
        raise Refused("not_held", _("%(number)s is not on hold.") % {"number": case.number})
    case.resume()
    moves.end_pause(draft, now)
    if by.is_system:
        draft.tell(Key.REMINDER, audience.person(case.owner_id, Why.OWNER), by=by, now=now, clock_label=Kind.HOLD.label)
    draft.record("resume", by=by, now=now, from_state=case.state)


def resolve(
    case: Case,
    book: Book,
    *,
    by: User,
    now: datetime,
    outcome: str,
    resolution: str,
    cause: str = "",
    prevention: str = "",
    duplicate_of: Case | None = None,
    checklist: Collection[int] = (),
) -> None:
    """Settle the case; demands the authority for its amount and kind.

    All but a duplicate or a withdrawn case needs a cause and the checklist, P1 and P2 also a prevention.
    """
    draft = moves.begin(case, book, "resolve", by)
    checks.result_is_complete(case, outcome, resolution, cause, prevention, duplicate_of)
    if outcome not in checks.NOTHING_DONE and not book.is_import:
        checks.checklist_ticked(draft.rulebook, Verb.RESOLVE, case.category_id, checklist)
    checks.authority_suffices(case, by)
    from_state = case.state
    moves.end_hold(draft, now)
    if duplicate_of is not None and not case.links.filter(kind=LinkKind.DUPLICATE_OF, other=duplicate_of).exists():
        moves.add_link(draft, LinkKind.DUPLICATE_OF, duplicate_of)
    case.resolve(outcome=outcome, resolution=resolution, cause=cause, prevention=prevention, at=now)
    draft.clocks.enter_resolved(now)
    moves.write_down(draft, "resolve", resolution, by=by, now=now, visibility=Visibility.REPORTER)
    result = {"resolution": resolution, "cause": cause, "prevention": prevention}
    concerned = audience.reporter(case) + audience.team(case.team_id, Why.CONCERNED)
    draft.tell(Key.RESOLVED, concerned, by=by, now=now, **result)
    draft.tell(Key.CONFIRMATION, audience.customer(case), by=None, now=now)
    draft.record("resolve", by=by, now=now, from_state=from_state, details={"outcome": outcome})


def confirm(case: Case, book: Book, *, by: User | None, now: datetime, satisfaction: int | None = None) -> None:
    """The customer says that it is settled, themselves by the link or through a member of staff."""
    draft = moves.begin(case, book, "confirm", by)
    if case.confirmation in (Confirmation.SETTLED, Confirmation.NOT_SETTLED):
        raise Refused("answered", _("The answer was given already. Thank you."))
    if satisfaction is not None and satisfaction not in range(1, 6):
        raise Refused("range", _("Please choose a satisfaction from 1 to 5."), field="satisfaction")
    case.confirm(confirmation=Confirmation.SETTLED, satisfaction=satisfaction)
    draft.clocks.settle(Kind.CONFIRMATION, now)
    draft.record("confirm", by=by, now=now, from_state=case.state)


def record_no_answer(case: Case, book: Book, *, by: User, now: datetime) -> None:
    """The clock's: the customer did not answer. That is no yes."""
    draft = book.draft(case)
    checks.state_allows(case, "confirm")
    case.confirm(confirmation=Confirmation.NO_ANSWER, satisfaction=None)
    draft.record("record_no_answer", by=by, now=now, from_state=case.state)


def reopen(case: Case, book: Book, *, by: User | None, now: datetime, reason: str) -> None:
    """Not settled after all: `reason` is what is still wrong. The second time it goes up a level as well."""
    draft = moves.begin(case, book, "reopen", by)
    checks.filled(reason, _("what is still wrong"), field="reason")
    if case.owner is None:
        raise Refused("no_owner", _("%(number)s has nobody to go back to.") % {"number": case.number})
    from_state = case.state
    case.reopen(owner=case.owner, at=now)
    draft.clocks.settle(Kind.CONFIRMATION, now)  # a no is an answer too
    moves.write_down(draft, "reopen", reason, by=by, now=now, visibility=Visibility.REPORTER)
    draft.clocks.enter_in_progress(now)
    draft.tell(
        Key.REOPENED, audience.person(case.owner_id, Why.OWNER) + audience.reporter(case), by=by, now=now, reason=reason
    )
    draft.record("reopen", by=by, now=now, from_state=from_state, reason=reason)
    if case.reopenings >= 2 and (above := moves.where_to(draft, HandOffKind.HIERARCHICAL)) is not None:
        sentence = _("Reopened %(count)d times: %(reason)s") % {"count": case.reopenings, "reason": reason}
        moves.pass_up(draft, HandOffKind.HIERARCHICAL, above, by=by, now=now, reason=sentence)


def review(
    case: Case,
    book: Book,
    *,
    by: User,
    now: datetime,
    verdict: str,
    worked: bool,
    may_recur: bool,
    thanks: str,
    lesson: str = "",
) -> None:
    """Look back and close. Written by someone other than the owner, never without a word of thanks."""
    draft = moves.begin(case, book, "review", by)
    checks.not_the_owner(case, by)
    checks.filled(verdict, _("verdict"), field="verdict")
    checks.filled(thanks, _("word of thanks"), field="thanks")
    from_state = case.state
    case.review(at=now)
    draft.clocks.enter_reviewed(now)
    draft.review = Review(
        case=case, by=by, at=now, verdict=verdict, worked=worked, may_recur=may_recur, lesson=lesson, thanks=thanks
    )
    groups = audience.reporter(case) + audience.person(case.owner_id, Why.OWNER)
    draft.tell(Key.REVIEWED, groups, by=by, now=now, lesson=lesson, thanks=thanks)
    draft.record("review", by=by, now=now, from_state=from_state, details={"verdict": verdict})


def note(case: Case, book: Book, *, by: User, now: datetime, text: str, visibility: str = Visibility.INTERNAL) -> None:
    """Write on the timeline: internal, visible to the reporter, or visible to the customer."""
    draft = moves.begin(case, book, "note", by)
    checks.filled(text, _("text"), field="text")
    moves.write_down(draft, "note", text, by=by, now=now, visibility=visibility)
    draft.record("note", by=by, now=now, from_state=case.state, details={"visibility": visibility})


def link(case: Case, book: Book, *, by: User, now: datetime, kind: str, other: Case) -> None:
    """Say how two cases belong together: duplicate of, recurrence of, part of."""
    draft = moves.begin(case, book, "link", by)
    checks.not_linked(case, kind, other)
    moves.add_link(draft, LinkKind(kind), other)
    draft.record("link", by=by, now=now, from_state=case.state, details={"kind": kind, "other": other.number})


def take_back(case: Case, book: Book, *, by: User, now: datetime) -> None:
    """The clock's: nothing happened for too long, so the acceptance is taken back and the team is asked anew."""
    draft = moves.begin(case, book, "escalate", by)
    reason = _("No activity for too long; the case waits for someone to accept it.")
    draft.tell(
        Key.REMINDER, audience.person(case.owner_id, Why.FORMER_OWNER), by=by, now=now, clock_label=Kind.STALE.label
    )
    moves.pass_up(draft, HandOffKind.FUNCTIONAL, case.team, by=by, now=now, reason=reason)


def remind(case: Case, book: Book, *, by: User, now: datetime, kind: Kind, is_raised: bool = False) -> None:
    """The clock's: a limit has passed. Those who can still act are reminded; `is_raised`: the level above instead."""
    draft = book.draft(case)
    groups = moves.holders(draft, kind)
    if is_raised and (above := moves.where_to(draft, HandOffKind.HIERARCHICAL)) is not None:
        groups = audience.team(above.pk, Why.REVIEWER)
    draft.tell(Key.REMINDER, groups, by=by, now=now, clock_label=kind.label)
    if kind == Kind.STATUS_UPDATE:
        draft.tell(Key.STATUS, audience.reporter(case), by=by, now=now)
    draft.record("remind", by=by, now=now, from_state=case.state, details={"clock": str(kind)})


def alarm(case: Case, book: Book, *, by: User, now: datetime, kind: Kind) -> None:
    """The clock's: a limit has passed at the very top, so the policy owner is alarmed."""
    draft = book.draft(case)
    draft.tell(Key.ALARM, audience.policy_owners(), by=by, now=now, clock_label=kind.label)
    draft.record("alarm", by=by, now=now, from_state=case.state, details={"clock": str(kind)})
