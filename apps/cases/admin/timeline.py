"""One timeline of a case: what was done, written, handed on, due and sent; filtered, and a page at a time.

A page is the events of so many moments, and the next one begins beyond the last of them: however long the case is,
the page needs the same few statements and never shows a thing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.db.models import BigIntegerField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, NullIf, Substr
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit import trail
from apps.audit.models import Entry, Source
from apps.cases import happenings
from apps.cases.admin.filtering import ACTIONS, CLOCK_STEPS, CUSTOMER, EVERYTHING, Filter, Kind
from apps.cases.happenings import action_label
from apps.cases.letters import error_in_words
from apps.cases.models import Attachment, Case, Deadline, Firing, HandOff, HandOffKind, Update, Visibility
from apps.cases.verbs import VERBS
from apps.notifications.models import Key, Message
from apps.people.models import User

MOMENTS = 20  # a page
FOLDED_FROM, MOST_LINES = 240, 5  # signs, lines
CLOCK_ICON, MESSAGE_ICON = "alarm", "mail"
ICONS = {"receive": "flag", "climb": "stairs", "remind": "notifications", "alarm": "crisis_alert", "take_in": "merge"}
HAND_OFF_VERBS = {
    HandOffKind.FUNCTIONAL: "escalate",
    HandOffKind.HIERARCHICAL: "escalate",
    HandOffKind.SEND_BACK: "send_back",
    HandOffKind.DE_ESCALATION: "de_escalate",
    HandOffKind.HAND_OVER: "hand_over",
}
# What every reporter sees on the desk, whatever team they are in; beside it, what was written for them.
FOR_REPORTERS = frozenset({"receive", "escalate", "de_escalate", "hand_over", "accept", "review"})


@dataclass(frozen=True, slots=True)
class Text:
    label: str
    text: str
    start: str = ""  # what shows of a long one until it is opened


@dataclass(slots=True)
class Event:
    """`tone`: plain, late or failed."""

    at: datetime
    kind: Kind
    icon: str
    title: str
    who: str = ""
    door: str = ""
    texts: list[Text] = field(default_factory=list)
    visibility: str = ""
    tone: str = "plain"

    def tell(self, text: str, label: str = "") -> None:
        is_long = len(text) > FOLDED_FROM or text.count("\n") >= MOST_LINES
        start = " ".join(text[: FOLDED_FROM // 2].split()) + "…" if is_long else ""
        self.texts.append(Text(label, text, start))


@dataclass(frozen=True, slots=True)
class Timeline:
    """`further`: the query string of the next page, if there is one; `people`: who may be filtered by."""

    wanted: Filter
    days: list[tuple[date, list[Event]]]
    further: str
    people: list[tuple[str, str]]

    @property
    def events(self) -> list[Event]:
        return [event for _day, events in self.days for event in events]


def timeline(
    case: Case, hand_offs: Iterable[HandOff], wanted: Filter = EVERYTHING, veil: Callable[[str], str] = str
) -> Timeline:
    """Six statements, however long the case is. `hand_offs` with their teams and people; `veil` masks every text."""
    reading = _Reading(case, wanted, list(hand_offs), veil)
    edge, has_more = reading.edge()
    known = reading.people()
    events = reading.journal(edge, known) + reading.clocks(edge) + reading.messages(edge, known)
    events.sort(key=lambda event: event.at, reverse=not wanted.oldest_first)  # stable: of one moment, in this order
    days = [(day, list(group)) for day, group in groupby(events, key=lambda event: timezone.localdate(event.at))]
    further = wanted.query(start=edge) if has_more else ""
    people = [(str(user.pk), happenings.person(user)) for user in known.values()]
    return Timeline(wanted, days, further, [*people, (CUSTOMER, _("the customer"))])


@dataclass(frozen=True, slots=True)
class _Reading:
    case: Case
    wanted: Filter
    hand_offs: Sequence[HandOff]
    veil: Callable[[str], str]

    @property
    def subject(self) -> str:
        return trail.subject_of(self.case)

    # --- what belongs to it -----------------------------------------------------------------------------------------

    def _entries(self) -> QuerySet[Entry]:
        wanted = self.wanted
        entries = happenings.entries_of(self.subject)
        named = {action for kind, actions in ACTIONS.items() if kind in wanted.kinds for action in actions}
        if Kind.STEP in wanted.kinds:
            unnamed = {action for kind, actions in ACTIONS.items() if kind not in wanted.kinds for action in actions}
            entries = entries.exclude(action__in=unnamed)
        else:
            entries = entries.filter(action__in=named)
        written = Update.objects.filter(case=self.case, at=OuterRef("at"), verb=OuterRef("action"))
        if wanted.reporter_only:
            entries = entries.filter(
                Q(action__in=FOR_REPORTERS) | Exists(written.exclude(visibility=Visibility.INTERNAL))
            )
        if wanted.words:
            said = written.filter(text__icontains=wanted.words)
            labelled = [action for action in _ALL_ACTIONS if wanted.words in action_label(action)]
            moves = [each.at for each in self.hand_offs if wanted.words in f"{each.from_team} {each.to_team}"]
            found = Exists(self._readable(said)) | Q(action__in=labelled) | Q(at__in=moves)
            entries = entries.filter(found if wanted.reporter_only else found | Q(reason__icontains=wanted.words))
        if wanted.who:
            is_customer = Q(actor="", source=Source.LINK)
            entries = entries.filter(is_customer if wanted.who == CUSTOMER else Q(actor=trail.actor_of(wanted.person)))
        return entries

    def _readable(self, updates: QuerySet[Update]) -> QuerySet[Update]:
        return updates.exclude(visibility=Visibility.INTERNAL) if self.wanted.reporter_only else updates

    def _firings(self) -> QuerySet[Firing]:
        wanted = self.wanted
        firings = Firing.objects.filter(deadline__case=self.case)
        if wanted.reporter_only or wanted.who or Kind.CLOCK not in wanted.kinds:
            return firings.none()
        if wanted.words:
            kinds = [value for value, label in Deadline.Kind.choices if wanted.words in str(label)]
            firings = firings.filter(deadline__kind__in=kinds)
        return firings

    def _messages(self) -> QuerySet[Message]:
        wanted = self.wanted
        messages = Message.objects.filter(about=self.subject).defer("body")
        if Kind.MESSAGE not in wanted.kinds:
            return messages.none()
        if wanted.reporter_only:
            messages = messages.filter(recipient=self.case.reporter_id)
        if wanted.who:
            messages = messages.filter(recipient=None if wanted.who == CUSTOMER else wanted.person)
        if wanted.words:
            keys = [value for value, label in Key.choices if wanted.words in str(label)]
            messages = messages.filter(
                Q(key__in=keys) | Q(subject__icontains=wanted.words) | Q(recipient__last_name__icontains=wanted.words)
            )
        return messages

    # --- one page of it -----------------------------------------------------------------------------------------------

    def edge(self) -> tuple[datetime | None, bool]:
        """The last moment of the page, and whether there is anything beyond it; one statement."""
        entries = self._page(self._entries(), "at", None)
        firings = self._page(self._firings(), "at", None)
        messages = self._page(self._messages(), "created_at", None)
        moments = entries.union(firings, messages).order_by("moment" if self.wanted.oldest_first else "-moment")
        found = [moment for (moment,) in moments[: MOMENTS + 1]]
        return (found[MOMENTS - 1], True) if len(found) > MOMENTS else (None, False)

    def _page(self, rows: QuerySet[Any], column: str, edge: datetime | None) -> QuerySet[Any]:
        return self._between(rows, column, edge).order_by().annotate(moment=F(column)).values_list("moment")

    def _between(self, rows: QuerySet[Any], column: str, edge: datetime | None) -> QuerySet[Any]:
        """From beyond the page before up to and including `edge`."""
        beyond, upto = ("gt", "lte") if self.wanted.oldest_first else ("lt", "gte")
        if self.wanted.start is not None:
            rows = rows.filter(**{f"{column}__{beyond}": self.wanted.start})
        return rows if edge is None else rows.filter(**{f"{column}__{upto}": edge})

    def people(self) -> dict[str, User]:
        """Who ever did something to the case or was written to, by actor as the journal writes it."""
        number = NullIf(Substr("actor", len(trail.actor_of(0))), Value(""))  # what follows "people.user:"
        acted = happenings.entries_of(self.subject).order_by().annotate(person=Cast(number, BigIntegerField()))
        written_to = Message.objects.filter(about=self.subject, recipient__isnull=False)
        users = User.objects.filter(Q(pk__in=acted.values("person")) | Q(pk__in=written_to.values("recipient")))
        return {trail.actor_of(user): user for user in users}

    def journal(self, edge: datetime | None, known: Mapping[str, User]) -> list[Event]:
        """The latest first among those of one moment, whichever way the page runs."""
        updates: dict[tuple[datetime, str], list[Update]] = {}
        for update in self._between(self._readable(Update.objects.filter(case=self.case)), "at", edge):
            updates.setdefault((update.at, update.verb), []).append(update)
        moves = {(each.at, HAND_OFF_VERBS[HandOffKind(each.kind)]): each for each in self.hand_offs}
        entries = self._between(self._entries(), "at", edge).defer("salt", "digest", "previous", "hash")
        found = list(entries.order_by("sequence" if self.wanted.oldest_first else "-sequence"))
        files = self._files() if any("files" in entry.details for entry in found) else {}
        return [
            self._done(entry, known.get(entry.actor), moves.get((entry.at, entry.action)), updates, files)
            for entry in found
        ]

    def _files(self) -> dict[str, str]:
        """What the case's files are called, by their ids."""
        return {str(pk): name for pk, name in Attachment.objects.filter(case=self.case).values_list("pk", "name")}

    def _done(
        self,
        entry: Entry,
        user: User | None,
        move: HandOff | None,
        updates: Mapping[tuple[datetime, str], list[Update]],
        files: Mapping[str, str],
    ) -> Event:
        event = Event(
            at=entry.at,
            kind=next((kind for kind, actions in ACTIONS.items() if entry.action in actions), Kind.STEP),
            icon=ICONS.get(entry.action) or (VERBS[entry.action].icon if entry.action in VERBS else "history"),
            title=happenings.title(entry),
            who=happenings.person(user) or (_("the customer") if entry.source == Source.LINK else ""),
            door=happenings.door(entry),
        )
        if move is not None:
            event.tell(f"{move.from_team} → {move.to_team}{f' ({move.to_owner})' if move.to_owner else ''}")
        written = updates.get((entry.at, entry.action), [])
        for update in written:
            event.tell(self.veil(update.text))
            event.visibility = str(Visibility(update.visibility).label)
        if self.wanted.reporter_only:
            return event
        if entry.reason and entry.reason not in {update.text for update in written}:
            event.tell(self.veil(entry.reason), _("Reason"))
        if kept := entry.details.get("files"):
            event.tell(self.veil(_(", ").join(files.get(each["id"], "–") for each in kept)), _("Files"))
        if move is not None and move.skip_reason:
            event.tell(move.skip_reason, _("Why a level is skipped"))
        return event

    def clocks(self, edge: datetime | None) -> list[Event]:
        events = []
        for firing in self._between(self._firings(), "at", edge).select_related("deadline"):
            is_due = firing.step == Firing.Step.DUE
            text = _("Due: %(clock)s") if is_due else _("Soon due: %(clock)s")
            title = text % {"clock": firing.deadline.get_kind_display()}
            events.append(Event(firing.at, Kind.CLOCK, CLOCK_ICON, title, tone="late" if is_due else "plain"))
        return events

    def messages(self, edge: datetime | None, known: Mapping[str, User]) -> list[Event]:
        """Letters of one moment and kind are one event that lists its recipients with their delivery."""
        groups: dict[tuple[datetime, str], list[Message]] = {}
        for letter in self._between(self._messages(), "created_at", edge).order_by("id"):
            groups.setdefault((letter.created_at, letter.key), []).append(letter)
        events = []
        for (at, _key), group in groups.items():
            event = Event(at, Kind.MESSAGE, MESSAGE_ICON, _("Mail: %(kind)s") % {"kind": group[0].get_key_display()})
            for letter in group:
                user = known.get(trail.actor_of(letter.recipient_id))
                label = f"{user or _('the customer')}: {letter.get_status_display()}"
                event.tell(error_in_words(letter), label)
                if letter.status == Message.Status.FAILED:
                    event.tone = "failed"
            events.append(event)
        return events


_ALL_ACTIONS = [*VERBS, "receive", "take_in", *CLOCK_STEPS]
