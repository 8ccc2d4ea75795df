"""What has happened to a case, as far as its reader may know it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.cases import checks, reading
from apps.cases.models import Case, HandOff, HandOffKind, Review, Update, Visibility
from apps.people.models import User


@dataclass(frozen=True, slots=True)
class Event:
    """`tone` is one of plain, up, thanks, internal."""

    at: datetime
    title: str
    who: str = ""
    text: str = ""
    tone: str = "plain"


def timeline(case: Case, reader: User, hand_offs: Iterable[HandOff], review: Review | None) -> list[Event]:
    """The latest first. One statement: hand-offs and review are handed in, with the people and teams that they name."""
    events = [Event(case.received_at, _("Reported"), str(case.reporter or ""))]
    for hand_off in hand_offs:
        events.extend(_of_hand_off(hand_off, reader))
    events.extend(_of_update(update) for update in updates_for(case, reader))
    if review is not None:
        events.append(Event(review.at, _("A word of thanks"), str(review.by), review.thanks, tone="thanks"))
        if review.lesson:
            events.append(Event(review.at, _("What we learned"), "", review.lesson))
    return sorted(events, key=lambda event: event.at)[::-1]


def updates_for(case: Case, reader: User) -> QuerySet[Update]:
    """The texts that the reader may read."""
    return Update.objects.filter(reading.readable(case, reader), case=case).select_related("by")


def _of_hand_off(hand_off: HandOff, reader: User) -> Iterable[Event]:
    """The step, and its acceptance. The reason is for the teams it was passed between, and for whoever gave it."""
    if hand_off.kind == HandOffKind.SEND_BACK:  # its advice is on the timeline as an update
        return
    names = {"team": hand_off.to_team, "owner": hand_off.to_owner}
    match HandOffKind(hand_off.kind):
        case HandOffKind.FUNCTIONAL | HandOffKind.HIERARCHICAL:
            title, tone = _("Escalated to %(team)s") % names, "up"
        case HandOffKind.DE_ESCALATION:
            title, tone = _("Returned to %(team)s") % names, "plain"
        case _:
            title, tone = _("Handed over to %(owner)s of %(team)s") % names, "plain"
    may_know_why = (
        reading.sees_all_notes(reader)
        or hand_off.by_id == reader.pk
        or reading.works_in(reader, hand_off.from_team_id, hand_off.to_team_id)
    )
    yield Event(hand_off.at, title, _name(hand_off.by), hand_off.reason if may_know_why else "", tone)
    answered_at = hand_off.answered_at
    if hand_off.status == HandOff.Status.ACCEPTED and answered_at is not None and answered_at > hand_off.at:
        yield Event(answered_at, checks.verb_label("accept"), _name(hand_off.answered_by))


TITLES = {
    "respond": gettext_lazy("First answer to the customer"),
    "send_back": gettext_lazy("Advice, with thanks for the report"),
    "confirm": gettext_lazy("The customer is content"),
    "reopen": gettext_lazy("Not settled yet"),
}


def _of_update(update: Update) -> Event:
    is_internal = update.visibility == Visibility.INTERNAL
    if update.verb in TITLES:
        title = str(TITLES[update.verb])
    elif update.verb == "note":
        title = _("Internal note") if is_internal else _("Message")
    else:
        title = checks.verb_label(update.verb)
    return Event(update.at, title, _name(update.by), update.text, tone="internal" if is_internal else "plain")


def _name(person: User | None) -> str:
    """Without a person it was the customer, by the link."""
    if person is None:
        return _("the customer")
    return _("automatically") if person.is_system else str(person)
