"""Why a verb is refused. Each check raises `Refused` with one translated sentence; none writes anything."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from apps.cases.models import Case, Link, Outcome, State
from apps.people.models import WORKING_ROLES, Role, Team, User
from apps.policy import rules
from apps.policy.models import Priority, Verb

if TYPE_CHECKING:
    from apps.cases.files import Incoming
    from apps.cases.routing import Directory
    from apps.policy.rulebook import Rulebook


class Refused(Exception):
    """A verb that may not happen. `code` is stable for counting, `field` names the form field at fault, if one is."""

    def __init__(self, code: str, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.field = field


class Tie(StrEnum):
    """How a person stands to a case."""

    REPORTER = "REPORTER"
    OWNER = "OWNER"
    MEMBER = "MEMBER"  # works in the team that holds the case
    LEAD = "LEAD"  # leads that team
    MANAGER = "MANAGER"  # manages the case's department or one above it
    SYSTEM = "SYSTEM"  # the clock, or an import
    CUSTOMER = "CUSTOMER"  # came by the signed link
    READER = "READER"  # may read the case; asked for by `reader` alone


MAY: dict[str, frozenset[Tie]] = {
    "respond": frozenset({Tie.REPORTER, Tie.OWNER, Tie.MEMBER, Tie.LEAD}),
    "escalate": frozenset({Tie.REPORTER, Tie.OWNER, Tie.MEMBER, Tie.LEAD, Tie.MANAGER, Tie.SYSTEM}),
    "accept": frozenset({Tie.MEMBER, Tie.LEAD}),
    "send_back": frozenset({Tie.MEMBER, Tie.LEAD, Tie.SYSTEM}),
    "de_escalate": frozenset({Tie.OWNER, Tie.SYSTEM}),
    "hand_over": frozenset({Tie.OWNER, Tie.LEAD, Tie.SYSTEM}),
    "hold": frozenset({Tie.OWNER}),
    "resume": frozenset({Tie.OWNER, Tie.SYSTEM}),
    "resolve": frozenset({Tie.OWNER}),
    "confirm": frozenset({Tie.REPORTER, Tie.OWNER, Tie.MEMBER, Tie.LEAD, Tie.MANAGER, Tie.CUSTOMER}),
    "reopen": frozenset({Tie.REPORTER, Tie.OWNER, Tie.MEMBER, Tie.LEAD, Tie.MANAGER, Tie.CUSTOMER, Tie.SYSTEM}),
    "review": frozenset({Tie.REPORTER, Tie.MEMBER, Tie.LEAD, Tie.MANAGER}),
    "note": frozenset({Tie.REPORTER, Tie.OWNER, Tie.MEMBER, Tie.LEAD, Tie.MANAGER}),
    "attach": frozenset({Tie.REPORTER, Tie.OWNER, Tie.MEMBER, Tie.LEAD, Tie.MANAGER}),
    "link": frozenset({Tie.REPORTER, Tie.OWNER, Tie.MEMBER, Tie.LEAD, Tie.MANAGER}),
    "merge": frozenset({Tie.OWNER, Tie.LEAD}),
    "follow": frozenset({Tie.READER}),
    "unfollow": frozenset({Tie.READER}),
}
FOR_READERS = frozenset({"follow", "unfollow"})
# In progress the owner's word counts: colleagues do not escalate the case past them.
MAY_IN_PROGRESS = {"escalate": frozenset({Tie.OWNER, Tie.LEAD, Tie.MANAGER, Tie.SYSTEM})}

GRAVE = frozenset({Priority.P1, Priority.P2})
NOTHING_DONE = frozenset({Outcome.DUPLICATE, Outcome.WITHDRAWN})

FINISHED = frozenset({State.RESOLVED, State.REVIEWED})
OPEN_VERBS = frozenset({State.RECEIVED, State.ESCALATED, State.IN_PROGRESS, State.RESOLVED})
SOURCES: dict[str, frozenset[State]] = {
    "note": OPEN_VERBS,
    "attach": OPEN_VERBS,
    "follow": OPEN_VERBS,
    "unfollow": OPEN_VERBS | {State.REVIEWED},
    "link": OPEN_VERBS | {State.REVIEWED},
    "merge": frozenset({State.RECEIVED, State.IN_PROGRESS}),  # as `resolve`, which it is
    "redact": FINISHED,
}


@cache
def _sources() -> dict[str, frozenset[str]]:
    """The states in which each transition of the state table may start."""
    found: dict[str, set[str]] = {}
    for transition in Case._meta.get_field("state").get_all_transitions(Case):
        found.setdefault(transition.name, set()).add(str(transition.source))
    return {verb: frozenset(states) for verb, states in found.items()}


def ties(case: Case, by: User | None, directory: Directory | None = None) -> frozenset[Tie]:
    """How `by` (None: the customer) stands to the case. Without a directory, managers above are not recognised."""
    if by is None:
        return frozenset({Tie.CUSTOMER})
    if by.is_system:
        return frozenset({Tie.SYSTEM})
    found = set()
    if case.reporter_id == by.pk:
        found.add(Tie.REPORTER)
    if case.owner_id == by.pk:
        found.add(Tie.OWNER)
    for membership in by.membership_list:
        if membership.team_id == case.team_id and membership.role in WORKING_ROLES:
            found.add(Tie.MEMBER)
            if membership.role in (Role.LEAD, Role.MANAGER):
                found.add(Tie.LEAD)
        if membership.role == Role.MANAGER and not case.confidential and directory is not None:
            place = membership.team.department_id
            if directory.is_within(case.department_id, place) or directory.is_within(case.team.department_id, place):
                found.add(Tie.MANAGER)
    return frozenset(found)


def is_manager(by: User | None) -> bool:
    return by is not None and Role.MANAGER in by.roles


def state_allows(case: Case, verb: str) -> None:
    allowed = case.state in (SOURCES.get(verb) or _sources()[verb])
    if not allowed:
        raise Refused(
            "state",
            _("%(number)s is %(state)s; in that state it cannot be done: %(verb)s.")
            % {"number": case.number, "state": case.get_state_display(), "verb": verb_label(verb)},
        )


def person_may(case: Case, verb: str, found: frozenset[Tie]) -> None:
    allowed = MAY[verb]
    if case.state == State.IN_PROGRESS:
        allowed = MAY_IN_PROGRESS.get(verb, allowed)
    if found & allowed:
        return
    raise Refused(
        "person",
        _("%(verb)s: for %(number)s this is open to %(who)s.")
        % {
            "verb": verb_label(verb),
            "number": case.number,
            "who": _join(tie_label(tie) for tie in Tie if tie in allowed),
        },
    )


def reader(case: Case, verb: str, by: User | None) -> None:
    """`by` is a person who works here and may read the case. Up to three statements."""
    is_person = by is not None and not by.is_system and bool(by.roles & WORKING_ROLES)
    if by is None or not (is_person and Case.objects.visible_to(by).filter(pk=case.pk).exists()):
        person_may(case, verb, frozenset())


def readable(other: Case, by: User, *, field: str) -> None:
    """Another case that is named: the person may read it. The clock and imports may name any."""
    if not by.is_system and not Case.objects.visible_to(by).filter(pk=other.pk).exists():
        sentence = _("No case %(number)s is open to you. Please check the number.")
        raise Refused("other_case", sentence % {"number": other.number}, field=field)


def working_member(by: User) -> None:
    """Any member of a team may report, auditors excepted: their view of the desk stays a view."""
    if by.is_system or by.roles & WORKING_ROLES or Role.POLICY_OWNER in by.roles:
        return
    raise Refused("person", _("Reporting a case is open to members of a team; this account only reads."))


def filled(value: object, label: str, *, field: str) -> None:
    if value is None or (isinstance(value, str) and not value.strip()):
        raise Refused("missing", _("Please fill in “%(label)s”.") % {"label": label}, field=field)


def checklist_ticked(rulebook: Rulebook, verb: Verb, category_id: int | None, ticked: Collection[int]) -> None:
    for item in rules.required_items(rulebook, verb, category_id):
        if item.id not in ticked:
            raise Refused("checklist", _("Please check first: “%(item)s”.") % {"item": item.label}, field="checklist")


def level_not_skipped(*, from_rank: int, to_rank: int, skip_reason: str) -> None:
    if to_rank - from_rank > 1 and not skip_reason.strip():
        raise Refused(
            "skip_level",
            _("This passes over level %(level)d. Please say why that level is skipped.") % {"level": from_rank + 1},
            field="skip_reason",
        )


def somebody_accepts(team: Team, directory: Directory) -> None:
    if team.pk not in directory.teams:
        raise Refused(
            "nobody_there",
            _("Nobody in %(team)s can accept a case. Please choose another team.") % {"team": team},
            field="team",
        )


def does_not_lead_down(*, from_rank: int, to: Team) -> None:
    if to.level.rank < from_rank:
        raise Refused(
            "lower_level",
            _("%(team)s is on a lower level. De-escalate the case or send it back instead.") % {"team": to},
            field="team",
        )


def authority_suffices(case: Case, by: User) -> None:
    """The person's decision authority covers the amount at stake and the kind of case (product.md, levels 1–5)."""
    levels = [membership.effective_level for membership in by.membership_list if membership.role in WORKING_ROLES]
    limits = [level.amount_limit for level in levels]
    if case.amount is not None and None not in limits:
        limit = max((Decimal(value or 0) for value in limits), default=Decimal(0))
        if case.amount > limit:
            raise Refused(
                "authority",
                _("¥%(amount)s is at stake; your authority to decide ends at ¥%(limit)s. Please escalate it.")
                % {
                    "amount": number_format(case.amount, force_grouping=True),
                    "limit": number_format(limit, force_grouping=True),
                },
            )
    needed = case.category.authority_level if case.category else None
    if needed is not None and max((level.rank for level in levels), default=0) < needed.rank:
        raise Refused(
            "authority",
            _("A case of the kind “%(category)s” is decided from level %(level)s up. Please escalate it.")
            % {"category": case.category, "level": needed},
        )


def result_demands(case: Case, outcome: str) -> dict[str, str]:
    """What must be written for this outcome: the labels by field, in the order of the form."""
    demands = {"resolution": _("resolution")}
    if outcome not in NOTHING_DONE:
        demands["cause"] = _("cause")
        if case.priority in GRAVE:
            demands["prevention"] = _("prevention")
    if outcome == Outcome.DUPLICATE:
        demands["duplicate_of"] = _("original case")
    return demands


def result_is_complete(
    case: Case, outcome: str, resolution: str, cause: str, prevention: str, duplicate_of: Case | None
) -> None:
    """A duplicate names its original; a real result its cause and, of grave priority, how a recurrence is prevented."""
    given = {"resolution": resolution, "cause": cause, "prevention": prevention, "duplicate_of": duplicate_of}
    filled(outcome, _("outcome"), field="outcome")
    for name, label in result_demands(case, outcome).items():
        filled(given[name], label, field=name)
    if duplicate_of is not None:
        other_case(case, duplicate_of)


def not_linked(case: Case, kind: str, other: Case) -> None:
    if case.links.filter(kind=kind, other=other).exists():
        raise Refused(
            "linked",
            _("%(number)s is linked to %(other)s in this way already.")
            % {"number": case.number, "other": other.number},
            field="other",
        )


def may_take_over(case: Case, owner: User, team: Team) -> None:
    """`owner` does not have the case yet, `team` is on its level, and they work there."""
    if owner.pk == case.owner_id and team.pk == case.team_id:
        raise Refused("same_owner", _("%(name)s has the case already.") % {"name": owner}, field="owner")
    if team.level.rank != case.level.rank:
        raise Refused("other_level", _("%(team)s is on another level.") % {"team": team}, field="team")
    works_there = any(m.team_id == team.pk and m.role in WORKING_ROLES for m in owner.membership_list)
    if not (works_there and owner.is_active):
        raise Refused(
            "not_a_member", _("%(name)s does not work in %(team)s.") % {"name": owner, "team": team}, field="owner"
        )


def other_case(case: Case, other: Case, *, field: str = "") -> None:
    if case.pk == other.pk:
        sentence = _("Please name another case than %(number)s itself.")
        raise Refused("same_case", sentence % {"number": case.number}, field=field)


def no_circle(case: Case, kind: str, other: Case, *, field: str) -> None:
    """Going on from `other` by links of this kind one does not come back to the case. A statement for each step."""
    seen: set[int] = set()
    waiting = {other.pk}
    while waiting - {case.pk}:
        seen |= waiting
        further = Link.objects.filter(kind=kind, case__in=waiting).values_list("other_id", flat=True)
        waiting = set(further) - seen
        if case.pk in waiting:
            sentence = _("%(other)s already leads to %(number)s in this way; the other way round it would be a circle.")
            raise Refused("circle", sentence % {"number": case.number, "other": other.number}, field=field)


def takes_duplicates(original: Case, *, field: str) -> None:
    if original.state == State.REVIEWED:
        sentence = _("%(number)s is closed for good. Please link this case to it as a recurrence instead.")
        raise Refused("closed", sentence % {"number": original.number}, field=field)


def customer_has_address(case: Case) -> None:
    if not case.customer_email:
        sentence = _(
            "%(number)s has no mail address of the customer, so nothing can be sent. Please call them instead."
        )
        raise Refused("no_address", sentence % {"number": case.number}, field="visibility")


def room_for(case: Case, files: Sequence[Incoming]) -> dict[str, str]:
    """The names of the files that the case has, by SHA-256; refused when the new ones make it too much."""
    rows = [] if case.pk is None else list(case.attachments.values_list("sha256", "name", "size"))
    total = sum(size for _sha, _name, size in rows) + sum(each.size for each in files)
    if total > settings.CASE_MAX_BYTES:
        sentence = _(
            "With “%(name)s” the files of this case would be %(size)s; at most %(limit)s are kept for one case."
        )
        words = {"size": filesizeformat(total), "limit": filesizeformat(settings.CASE_MAX_BYTES)}
        raise Refused("no_room", sentence % {"name": files[-1].name, **words}, field="files")
    return {sha256: name for sha256, name, _size in rows}


def not_attached(file: Incoming, kept: Mapping[str, str]) -> None:
    if (name := kept.get(file.sha256)) is not None:
        sentence = _("“%(name)s” is the same file as “%(other)s”, which is attached already. Please leave it out.")
        raise Refused("same_file", sentence % {"name": file.name, "other": name}, field="files")


def not_the_owner(case: Case, by: User) -> None:
    if case.owner_id == by.pk:
        raise Refused(
            "own_review", _("%(number)s was yours. A review is written by someone else.") % {"number": case.number}
        )


def _join(words: object) -> str:
    return _(", ").join(words)  # type: ignore[arg-type]


def verb_label(verb: str) -> str:
    return {
        "respond": _("First response"),
        "escalate": _("Escalate"),
        "climb": _("Next rung"),
        "accept": _("Accept"),
        "send_back": _("Send back"),
        "de_escalate": _("De-escalate"),
        "hand_over": _("Hand over"),
        "hold": _("Put on hold"),
        "resume": _("Resume"),
        "resolve": _("Resolve"),
        "confirm": _("Confirm"),
        "reopen": _("Reopen"),
        "review": _("Review"),
        "note": _("Add a note"),
        "link": _("Link"),
        "attach": _("Attach files"),
        "merge": _("Merge"),
        "follow": _("Follow"),
        "unfollow": _("Stop following"),
        "redact": _("Blank personal data"),
    }[verb]


def tie_label(tie: Tie) -> str:
    return {
        Tie.REPORTER: _("the reporter"),
        Tie.OWNER: _("the owner"),
        Tie.MEMBER: _("members of the team in charge"),
        Tie.LEAD: _("the team's lead"),
        Tie.MANAGER: _("the department's manager"),
        Tie.SYSTEM: _("the clock"),
        Tie.CUSTOMER: _("the customer"),
        Tie.READER: _("everybody who works here and may read the case"),
    }[tie]
