"""What several verbs share. Like the verbs: decides into the draft, writes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.files.base import File
from django.utils.translation import gettext as _

from apps.cases import audience, checks
from apps.cases.audience import Group
from apps.cases.deadlines import Kind
from apps.cases.files import Incoming
from apps.cases.models import Attachment, Case, HandOff, HandOffKind, Link, LinkKind, State, Update, Visibility
from apps.notifications.models import Key, Why
from apps.people.models import Team, User
from apps.policy import rules
from apps.policy.models import Flag, Impact, Target, Urgency
from apps.policy.rulebook import RungRule, TriggerRule

if TYPE_CHECKING:
    from apps.cases.ledger import Book, Draft


def begin(case: Case, book: Book, verb: str, by: User | None) -> Draft:
    """The case's draft, after the state and the person were checked."""
    draft = book.draft(case)
    checks.state_allows(case, verb)
    directory = book.directory if checks.is_manager(by) else None
    checks.person_may(case, verb, checks.ties(case, by, directory))
    return draft


def facts(case: Case) -> rules.Facts:
    """What the policy judges a new case by."""
    return rules.Facts(
        category_id=case.category_id,
        impact=Impact(case.impact),
        urgency=Urgency(case.urgency),
        flags=frozenset(Flag(flag) for flag in case.flags),
        text="\n".join([case.subject, case.facts, case.customer_said, case.urgency_reason]),
    )


def where_to(draft: Draft, kind: HandOffKind) -> Team | None:
    """The destination that the policy names for the case's next escalation; None at the very top."""
    case, directory, row = draft.case, draft.book.directory, draft.clocks.row
    rank = case.level.rank + 1
    if kind == HandOffKind.HIERARCHICAL:
        return directory.destination(department_id=case.department_id, rank=rank)
    if case.state == State.RECEIVED:
        if row.destination_team_id in directory.teams:
            return directory.teams[row.destination_team_id]
        rank = max(rank, directory.ranks.get(row.destination_level_id, rank))
    skill_id = case.category.skill_id if case.category else None
    return directory.destination(
        department_id=case.department_id, rank=rank, skill_id=skill_id, not_team_id=case.team_id
    )


def pass_up(
    draft: Draft,
    kind: HandOffKind,
    to: Team,
    *,
    by: User | None,
    now: datetime,
    reason: str,
    skip_reason: str = "",
) -> None:
    """Escalate the case to a team, where it waits to be accepted."""
    case = draft.case
    from_state, former = str(case.state), case.owner
    end_hold(draft, now)
    add_hand_off(draft, kind, to_team=to, by=by, now=now, reason=reason, skip_reason=skip_reason, waits=True)
    case.escalate(team=to, at=now)
    draft.clocks.enter_escalated(now)
    groups = rung_groups(draft, draft.clocks.row.ladder.rungs[0])
    if draft.clocks.row.alert_head:
        groups += audience.person(draft.book.directory.head_of(case.department_id), Why.DEPARTMENT_HEAD)
    draft.tell(Key.ESCALATED, groups, by=by, now=now, reason=reason)
    draft.tell(Key.STATUS, audience.reporter(case), by=by, now=now)
    draft.record(
        "escalate",
        by=by,
        now=now,
        from_state=from_state,
        reason=reason,
        details={"kind": str(kind), "to": to.code, "former_owner": former.pk if former else None},
    )


def pull_triggers(draft: Draft, triggers: Sequence[TriggerRule], *, by: User | None, now: datetime) -> None:
    """What the triggers demand of a new case: the first that escalates at once does, all tell whom they name."""
    case, directory, first_rank = draft.case, draft.book.directory, draft.case.level.rank
    for trigger in triggers:
        told = case.team
        if trigger.escalate_at_once:
            rank = directory.ranks.get(trigger.to_level_id or draft.clocks.row.destination_level_id, 0)
            to = directory.destination(
                department_id=case.department_id, rank=max(rank, first_rank + 1), skill_id=trigger.to_skill_id
            )
            if to is not None and case.state == State.RECEIVED:
                reason = _("Trigger “%(name)s”") % {"name": trigger.name}
                pass_up(draft, HandOffKind(trigger.kind), to, by=by, now=now, reason=reason)
            told = to or told  # also where another trigger has taken the case elsewhere
        if trigger.tell_role:
            groups = [Group(Why.RULE, team_id=told.pk, role=trigger.tell_role)]
            draft.tell(Key.ESCALATED, groups, by=by, now=now, reason=trigger.name)


def add_hand_off(
    draft: Draft,
    kind: HandOffKind,
    *,
    to_team: Team,
    by: User | None,
    now: datetime,
    reason: str,
    skip_reason: str = "",
    to_owner: User | None = None,
    waits: bool = False,
) -> None:
    """Write down a hand-off before the case moves; `waits`: until somebody there accepts it.

    It comes from who holds the case. A hand-off that nobody had accepted is passed on: the new one comes from where
    that came from, so that sending back finds the last holder, not a queue.
    """
    case, passed_on = draft.case, draft.pending
    draft.answer(HandOff.Status.SUPERSEDED, by=by, now=now)
    draft.put_hand_off(
        HandOff(
            case=case,
            kind=kind,
            status=HandOff.Status.PENDING if waits else HandOff.Status.ACCEPTED,
            from_state=passed_on.from_state if passed_on else str(case.state),
            from_team=passed_on.from_team if passed_on else case.team,
            from_level=passed_on.from_level if passed_on else case.level,
            from_owner=passed_on.from_owner if passed_on else case.owner,
            to_team=to_team,
            to_level=to_team.level,
            to_owner=to_owner,
            reason=reason,
            skip_reason=skip_reason,
            by=by,
            at=now,
            answered_by=None if waits else by,
            answered_at=None if waits else now,
        )
    )


def end_hold(draft: Draft, now: datetime) -> None:
    """A case that moves on is no longer on hold."""
    if draft.case.held_at is not None:
        draft.case.resume()
        end_pause(draft, now)


def end_pause(draft: Draft, now: datetime) -> None:
    draft.clocks.resume(now)
    if draft.pause is not None:
        draft.pause.ended_at = now
        draft.put_pause(draft.pause)


def write_down(
    draft: Draft, verb: str, text: str, *, by: User | None, now: datetime, visibility: Visibility | str
) -> None:
    """A text on the timeline; being activity, it lets 'no activity' start anew."""
    draft.updates.append(Update(case=draft.case, at=now, by=by, verb=verb, visibility=visibility, text=text))
    draft.clocks.note_activity(now, told_reporter=visibility != Visibility.INTERNAL)


def add_link(draft: Draft, kind: LinkKind, other: Case) -> None:
    checks.other_case(draft.case, other)
    draft.links.append(Link(case=draft.case, kind=kind, other=other))


def settle(
    draft: Draft,
    verb: str,
    *,
    by: User,
    now: datetime,
    outcome: str,
    resolution: str,
    cause: str = "",
    prevention: str = "",
    duplicate_of: Case | None = None,
    asks: bool = True,
) -> None:
    """The case is resolved, and everyone concerned hears of it; `asks`: the customer too, who is asked to confirm."""
    case = draft.case
    end_hold(draft, now)
    if duplicate_of is not None and not case.links.filter(kind=LinkKind.DUPLICATE_OF, other=duplicate_of).exists():
        add_link(draft, LinkKind.DUPLICATE_OF, duplicate_of)
    case.resolve(outcome=outcome, resolution=resolution, cause=cause, prevention=prevention, at=now)
    draft.clocks.enter_resolved(now, asks=asks)
    write_down(draft, verb, resolution, by=by, now=now, visibility=Visibility.REPORTER)
    result = {"resolution": resolution, "cause": cause, "prevention": prevention}
    concerned = audience.reporter(case) + audience.team(case.team_id, Why.CONCERNED)
    draft.tell(Key.RESOLVED, concerned, by=by, now=now, **result)
    if asks:
        draft.tell(Key.CONFIRMATION, audience.customer(case), by=None, now=now)


def keep_files(
    draft: Draft, files: Sequence[Incoming], *, by: User | None, now: datetime, visibility: Visibility | str
) -> list[dict[str, object]]:
    """Put the files into the draft; returns what the journal says of them: not their names, which a redaction could
    not blank there. One statement, none without files."""
    if not files:
        return []
    kept = checks.room_for(draft.case, files)
    said: list[dict[str, object]] = []
    for each in files:
        checks.not_attached(each, kept)
        kept[each.sha256] = each.name
        pk = uuid.uuid4()
        said.append({"id": str(pk), "size": each.size, "sha256": each.sha256})
        draft.attachments.append(
            Attachment(
                id=pk,
                case=draft.case,
                at=now,
                by=by,
                visibility=visibility,
                name=each.name,
                content_type=each.content_type,
                size=each.size,
                sha256=each.sha256,
                file=File(each.content, name=f"{pk.hex[:2]}/{pk}"),
            )
        )
    return said


def names_of(files: Sequence[Incoming]) -> str:
    return "\n".join(each.name for each in files)


def rung_groups(draft: Draft, rung: RungRule) -> list[Group]:
    """Whom a rung of the ladder tells."""
    case = draft.case
    match rung.target:
        case Target.TEAM:
            return audience.team(case.team_id)
        case Target.NAMED_TEAM:
            return [Group(Why.RULE, team_id=rung.team_id)]
        case Target.TEAM_ROLE:
            return [Group(Why.RULE, team_id=case.team_id, role=rung.role)]
        case Target.DEPARTMENT_HEAD:
            return audience.person(draft.book.directory.head_of(case.department_id), Why.DEPARTMENT_HEAD)
        case Target.PERSON:
            return audience.person(rung.person_id, Why.RULE)
        case Target.POLICY_OWNER:
            return audience.policy_owners()


def holders(draft: Draft, kind: Kind) -> list[Group]:
    """Who can still act when a clock warns or falls due."""
    case = draft.case
    if kind == Kind.ACCEPTANCE:
        return audience.team(case.team_id)
    if kind == Kind.REVIEW:
        return audience.lead(case.team_id)
    owner = audience.person(case.owner_id, Why.OWNER) or audience.team(case.team_id, Why.CONCERNED)
    return owner + audience.lead(case.team_id)
