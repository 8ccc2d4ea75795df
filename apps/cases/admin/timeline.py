"""One timeline of a case: what was done, written, handed on, due and sent, the latest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from apps.audit import trail
from apps.audit.access import Access
from apps.audit.models import Entry, Source
from apps.cases import checks
from apps.cases.models import Case, Firing, HandOff, HandOffKind, State, Update, Visibility
from apps.cases.verbs import VERBS
from apps.notifications.models import Message
from apps.people.models import User

CLOCK_ICON, MESSAGE_ICON = "alarm", "mail"
ICONS = {"receive": "flag", "climb": "stairs", "remind": "notifications", "alarm": "crisis_alert"}
HAND_OFF_VERBS = {
    HandOffKind.FUNCTIONAL: "escalate",
    HandOffKind.HIERARCHICAL: "escalate",
    HandOffKind.SEND_BACK: "send_back",
    HandOffKind.DE_ESCALATION: "de_escalate",
    HandOffKind.HAND_OVER: "hand_over",
}


@dataclass(slots=True)
class Event:
    """`kind` is one of verb, clock, message; `tone` plain, late, or failed."""

    at: datetime
    kind: str
    icon: str
    title: str
    who: str = ""
    texts: list[tuple[str, str]] = field(default_factory=list)  # (label or "", text)
    visibility: str = ""
    tone: str = "plain"


def timeline(case: Case, hand_offs: Iterable[HandOff]) -> list[Event]:
    """In five statements, however long the case is."""
    subject = trail.subject_of(case)
    updates: dict[tuple[datetime, str], list[Update]] = defaultdict(list)
    for update in Update.objects.filter(case=case).select_related("by"):
        updates[update.at, update.verb].append(update)
    moves = {(each.at, HAND_OFF_VERBS[HandOffKind(each.kind)]): each for each in hand_offs}
    entries = list(Entry.objects.filter(subject=subject).exclude(action__in=list(Access)).order_by("sequence"))
    firings = Firing.objects.filter(deadline__case=case).select_related("deadline")
    letters = Message.objects.filter(about=subject).select_related("recipient").defer("body").order_by("id")
    events = _of_journal(entries, updates, moves) + _of_clocks(firings) + _of_messages(letters)
    return sorted(events, key=lambda event: event.at, reverse=True)  # stable: of one moment, in this order


def _of_journal(
    entries: Sequence[Entry],
    updates: Mapping[tuple[datetime, str], list[Update]],
    moves: Mapping[tuple[datetime, str], HandOff],
) -> list[Event]:
    names = _names(entries)
    events = []
    for entry in reversed(entries):
        event = Event(
            at=entry.at,
            kind="verb",
            icon=ICONS.get(entry.action) or (VERBS[entry.action].icon if entry.action in VERBS else "history"),
            title=_title(entry),
            who=names.get(entry.actor) or _door(entry),
        )
        move = moves.get((entry.at, entry.action))
        if move is not None:
            event.texts.append(
                ("", f"{move.from_team} → {move.to_team}{f' ({move.to_owner})' if move.to_owner else ''}")
            )
        written = updates.get((entry.at, entry.action), [])
        for update in written:
            event.texts.append(("", update.text))
            event.visibility = str(Visibility(update.visibility).label)
        if entry.reason and entry.reason not in {update.text for update in written}:
            event.texts.append((_("Reason"), entry.reason))
        if move is not None and move.skip_reason:
            event.texts.append((_("Why a level is skipped"), move.skip_reason))
        events.append(event)
    return events


def _title(entry: Entry) -> str:
    """What was done and, where the state changed, to what."""
    verb = action_label(entry.action)
    state = str(State(entry.to_state).label) if entry.to_state else verb
    changed = entry.from_state and entry.to_state != entry.from_state
    return f"{verb} → {state}" if changed and state != verb else verb


def action_label(action: str) -> str:
    own = {
        "receive": _("Received"),
        "remind": _("Reminder"),
        "alarm": _("Alarm to the policy owner"),
        "record_no_answer": _("The customer did not answer"),
    }
    if action in own:
        return own[action]
    return checks.verb_label(action) if action in VERBS or action in ("climb", "redact") else action


def _names(entries: Iterable[Entry]) -> dict[str, str]:
    """By actor as the journal writes it."""
    ids = {int(entry.actor.partition(":")[2]) for entry in entries if entry.actor.startswith("people.user:")}
    return {trail.actor_of(user): person(user) for user in User.objects.filter(pk__in=ids)}


def person(user: User | None) -> str:
    if user is None:
        return ""
    if user.is_system:
        return _("by itself") if user.username == "CLOCK" else _("import")
    return str(user)


def _door(entry: Entry) -> str:
    return _("the customer") if entry.source == Source.LINK else ""


def _of_clocks(firings: Iterable[Firing]) -> list[Event]:
    events = []
    for firing in firings:
        is_due = firing.step == Firing.Step.DUE
        text = _("Due: %(clock)s") if is_due else _("Soon due: %(clock)s")
        title = text % {"clock": firing.deadline.get_kind_display()}
        events.append(Event(firing.at, "clock", CLOCK_ICON, title, tone="late" if is_due else "plain"))
    return events


def _of_messages(letters: Iterable[Message]) -> list[Event]:
    """Letters of one moment and kind are one event that lists its recipients with their delivery."""
    groups: dict[tuple[datetime, str], list[Message]] = defaultdict(list)
    for letter in letters:
        groups[letter.created_at, letter.key].append(letter)
    events = []
    for (at, _key), group in groups.items():
        event = Event(at, "message", MESSAGE_ICON, _("Mail: %(kind)s") % {"kind": group[0].get_key_display()})
        for letter in group:
            label = f"{letter.recipient or _('the customer')}: {letter.get_status_display()}"
            event.texts.append((label, letter.error))
            if letter.status == Message.Status.FAILED:
                event.tone = "failed"
        events.append(event)
    return events
