"""The journal of a case put into words: what was done, by whom, through which door."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.audit import trail
from apps.audit.access import Access
from apps.audit.models import Entry, Source
from apps.cases import checks
from apps.cases.models import Case, State
from apps.cases.templatetags.case_words import moment
from apps.people.models import User

MOST = 5  # sentences that a person still reads
USUAL_DOORS = frozenset({Source.ADMIN, Source.DESK, Source.CLOCK, Source.COMMAND})


def entries_of(subject: str) -> QuerySet[Entry]:
    """What was done, in the order of doing; who merely looked is left out."""
    return Entry.objects.filter(subject=subject).exclude(action__in=list(Access)).order_by("sequence")


def action_label(action: str) -> str:
    own = {
        "receive": _("Received"),
        "remind": _("Reminder"),
        "alarm": _("Alarm to the policy owner"),
        "record_no_answer": _("The customer did not answer"),
        "take_in": _("A duplicate was merged into it"),
    }
    if action in own:
        return own[action]
    try:
        return checks.verb_label(action)
    except KeyError:
        return action


def title(entry: Entry) -> str:
    """What was done and, where the state changed, to what."""
    verb = action_label(entry.action)
    state = str(State(entry.to_state).label) if entry.to_state else verb
    changed = entry.from_state and entry.to_state != entry.from_state
    return f"{verb} → {state}" if changed and state != verb else verb


def person(user: User | None) -> str:
    return "" if user is None else str(user)


def door(entry: Entry) -> str:
    """Where it came in, unless that goes without saying."""
    return "" if entry.source in USUAL_DOORS else str(Source(entry.source).label)


def actors(entries: Iterable[Entry]) -> dict[str, User]:
    """By actor as the journal writes it; one statement."""
    ids = {entry.actor.rpartition(":")[2] for entry in entries if entry.actor}
    return {trail.actor_of(user): user for user in User.objects.filter(pk__in=ids)}


def since(case: Case, sequence: int, reader: User) -> list[str]:
    """Who did what after this entry of the journal: a sentence each, the last of them, in the order of doing."""
    newest = entries_of(trail.subject_of(case)).filter(sequence__gt=sequence).order_by("-sequence")[:MOST]
    entries = list(newest)[::-1]
    known = actors(entries)
    return [_sentence(entry, known.get(entry.actor), reader) for entry in entries]


def _sentence(entry: Entry, user: User | None, reader: User) -> str:
    words = {"at": moment(entry.at), "who": user, "what": title(entry)}
    if user is None:
        return _("%(at)s: the customer did this: %(what)s.") % words
    if user.is_system:
        return _("%(at)s: this happened by itself: %(what)s.") % words
    if user == reader:
        return _("%(at)s: you did this yourself: %(what)s.") % words
    return _("%(at)s: %(who)s did this: %(what)s.") % words
