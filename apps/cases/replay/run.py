"""Plays a log through the verbs. Every case is exact: its clocks fire between its events, at their own moments.

Cases do not depend on each other, so a whole window of simulated time goes through one Book: the cases that have an
event or a due clock in it are loaded once, played in the order of time, and written together.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min
from django.utils.translation import gettext as _
from django.utils.translation import override

from apps.audit.models import Source
from apps.cases import actions, checks, clock
from apps.cases.checks import Refused
from apps.cases.ledger import Book, Draft
from apps.cases.models import Case, Deadline, HandOffKind, Outcome, State, Verdict, WaitingFor
from apps.cases.replay.log import Event, Log
from apps.cases.replay.people import FRONT_LINE, Cast
from apps.cases.routing import TOP_RANK, Directory
from apps.people.models import User
from apps.policy.rulebook import current_version_id

WINDOW = timedelta(days=1)  # of simulated time a transaction
HOLD = timedelta(days=30)  # the log does not say until when it means to wait


class _Stopped(Exception):
    """An event could not be followed further: this verb was refused."""

    def __init__(self, verb: str, refused: Refused) -> None:
        super().__init__(verb)
        self.verb = verb
        self.refused = refused


def _not_in_log() -> str:
    return _("(not in the log)")


@dataclass(frozen=True, slots=True)
class Refusal:
    line_number: int
    case: str
    verb: str
    code: str
    sentence: str


@dataclass
class Summary:
    """What the replay did. `verbs`: by the log's people; `bridging`: by the import, where none of them could."""

    events: int = 0
    bad_lines: int = 0
    cases: int = 0
    states: Counter[str] = field(default_factory=Counter)
    verbs: Counter[str] = field(default_factory=Counter)
    bridging: Counter[str] = field(default_factory=Counter)
    idle: int = 0  # events that change nothing, such as work going on
    fired: Counter[str] = field(default_factory=Counter)
    warned: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    seconds: float = 0.0


def play(log: Log, cast: Cast, *, progress: Callable[[int, datetime], None] | None = None) -> Summary:
    """Play the log to its last moment. The caller has seeded the policy and the cast; no message is written."""
    began = time.monotonic()
    summary = Summary(events=len(log.events), bad_lines=len(log.bad_lines))
    with override(settings.LANGUAGE_CODE):
        player = _Player(log.events, cast, summary)
        while (until := player.play_window()) is not None:
            if progress is not None:
                progress(player.played, until)
    summary.cases = len(player.keys)
    summary.states = Counter(
        dict(
            Case.objects.filter(pk__in=player.keys.values())
            .values_list("state")
            .annotate(count=Count("pk"))
            .values_list("state", "count")
        )
    )
    summary.seconds = time.monotonic() - began
    return summary


class _Player:
    def __init__(self, events: list[Event], cast: Cast, summary: Summary) -> None:
        self.events = events
        self.cast = cast
        self.summary = summary
        self.played = 0
        self.keys: dict[str, int] = {}  # primary key by the log's name of the case
        self.directory = Directory.read()
        self.version_id = current_version_id()
        self.clock = User.objects.clock()

    def play_window(self) -> datetime | None:
        """One transaction; the moment up to which it played, None when the log has been played to its last."""
        if not self.events:
            return None
        last = self.events[-1].at
        due = self._due(last)
        following = [self.events[self.played].at] if self.played < len(self.events) else []
        first = min([*following, *([min(due.values())] if due else [])], default=None)
        if first is None:
            return None
        until = min(first + WINDOW, last)
        batch: dict[str, list[Event]] = defaultdict(list)
        while self.played < len(self.events) and self.events[self.played].at <= until:
            event = self.events[self.played]
            batch[event.case].append(event)
            self.played += 1
        names = {pk: name for name, pk in self.keys.items()}
        ids = {pk for pk, at in due.items() if at <= until} | {self.keys[name] for name in batch if name in self.keys}
        with Book(source=Source.IMPORT, is_silent=True, directory=self.directory) as book:
            known = {names[case.pk]: case for case in book.load(ids)}
            fresh = {}
            for name in sorted({*known, *batch}, key=lambda name: batch[name][0].line_number if batch[name] else 0):
                scene = _Scene(self, book, known.get(name))
                for event in batch[name]:
                    scene.catch_up(event.at)
                    scene.play(event)
                scene.catch_up(until)
                if name not in known and scene.case is not None:
                    fresh[name] = scene.case
        self.keys |= {name: case.pk for name, case in fresh.items()}
        return until

    def _due(self, until: datetime) -> dict[int, datetime]:
        """The log's cases with a clock to be looked at by then, and when. The database's other cases are left alone."""
        rows = Deadline.objects.filter(next_at__lte=until).values_list("case_id").annotate(first=Min("next_at"))
        ours = set(self.keys.values())
        return {pk: first for pk, first in rows if pk in ours}


class _Scene:
    """One case within one window."""

    def __init__(self, player: _Player, book: Book, case: Case | None) -> None:
        self.player = player
        self.cast = player.cast
        self.summary = player.summary
        self.book = book
        self.case = case

    @property
    def draft(self) -> Draft:
        return self.book.draft(self._case)

    @property
    def _case(self) -> Case:
        if self.case is None:
            raise RuntimeError("The case has not been received yet.")
        return self.case

    def catch_up(self, until: datetime) -> None:
        """Let the case's clocks warn and fire up to `until`, each at its own moment."""
        if self.case is None:
            return
        while (at := self.draft.clocks.next_at()) is not None and at <= until:
            swept = clock.look_at(self.case, self.book, by=self.player.clock, now=at)
            self.summary.fired.update(swept.fired)
            self.summary.warned += swept.warned

    def play(self, event: Event) -> None:
        try:
            if self.case is None:
                self._receive(event)
                if event.name == "received":
                    return
            before = sum(self.summary.verbs.values()) + sum(self.summary.bridging.values())
            self._follow(event)
            self.summary.idle += before == sum(self.summary.verbs.values()) + sum(self.summary.bridging.values())
        except _Stopped as stopped:
            refused = stopped.refused
            self.summary.refusals.append(
                Refusal(event.line_number, event.case, stopped.verb, refused.code, refused.sentence)
            )

    def _do(self, verb: str, event: Event, *, by: User | None = None, **values: object) -> None:
        by = by or self.cast.person(event.actor)
        try:
            getattr(actions, verb)(self._case, self.book, by=by, now=event.at, **values)
        except Refused as refused:
            raise _Stopped(verb, refused) from refused
        (self.summary.bridging if by.is_system else self.summary.verbs)[verb] += 1

    # --- how the log's events become verbs ------------------------------------------------------------------------

    def _receive(self, event: Event) -> None:
        team = self.cast.teams[event.team, event.line] if event.line == 1 else self.cast.teams[FRONT_LINE, 1]
        by = self.cast.person(event.actor)
        sheet = {
            "subject": _("Log: case %(case)s") % {"case": event.case},
            "facts": _("Replayed from a log, from its line %(line)d on.") % {"line": event.line_number},
            "impact": event.impact,
            "urgency": event.urgency,
            "category": self.cast.categories.get(event.category) if event.category else None,
            "department": team.department,
        }
        try:
            self.case = actions.receive(
                self.book, by=by, now=event.at, sheet=sheet, team=team, version_id=self.player.version_id
            )
        except Refused as refused:
            raise _Stopped("receive", refused) from refused
        self.case.number = event.case  # for refusals to name it by, until the ledger gives it a number of its own
        self.summary.verbs["receive"] += 1
        if event.line > 1:
            self._go_to(event)

    def _follow(self, event: Event) -> None:
        case = self._case
        if case.state == State.RESOLVED and event.name in ("received", "responded", "working", "waiting"):
            self._reopen(event)
        if case.state != State.RESOLVED:
            self._go_to(event)
        match event.name:
            case "responded":
                self._take(event)
                if case.state == State.RECEIVED and case.responded_at is None:
                    self._do("respond", event, told=_not_in_log())
            case "working":
                self._take(event)
            case "waiting":
                self._take(event)
                if case.held_at is None:
                    self._do("hold", event, waiting_for=WaitingFor.OTHER, until=event.at + HOLD, reason=_not_in_log())
            case "resolved":
                if case.state != State.RESOLVED:
                    self._resolve(event)
            case "closed":
                if case.state != State.RESOLVED:
                    self._resolve(event)
                self._do(
                    "review",
                    event,
                    verdict=Verdict.APPROPRIATE,
                    worked=True,
                    may_recur=False,
                    thanks=_not_in_log(),
                )

    def _resolve(self, event: Event) -> None:
        self._take(event)
        text = _not_in_log()
        self._do("resolve", event, outcome=Outcome.SOLVED, resolution=text, cause=text, prevention=text)

    def _go_to(self, event: Event) -> None:
        """Bring the case to the event's line and team: up by escalating, down by sending back and de-escalating."""
        case, text = self._case, _not_in_log()
        team = self.cast.teams[event.team, event.line]
        for _step in range(TOP_RANK):
            is_above, is_waiting = case.level.rank > event.line, case.state == State.ESCALATED
            if is_above and is_waiting:  # the log went on below: whoever was asked above did not take the case
                self._do("send_back", event, by=self._able(event, "send_back"), advice=text)
            elif is_above and case.state == State.IN_PROGRESS:
                self._do("de_escalate", event, by=self._able(event, "de_escalate"), reason=text, team=team)
            elif case.level.rank < event.line or (is_waiting and case.team_id != team.pk):
                self._do(
                    "escalate",
                    event,
                    by=self._able(event, "escalate"),
                    kind=HandOffKind.FUNCTIONAL,
                    reason=text,
                    team=team,
                    skip_reason=text,
                )
            else:
                return

    def _take(self, event: Event) -> None:
        """Put the case into the hands of the event's person: accept it, resume it, or hand it over to them."""
        case, by = self._case, self.cast.person(event.actor)
        if case.state == State.ESCALATED:
            self._do("accept", event)
        elif case.state in (State.RECEIVED, State.IN_PROGRESS):
            team = self.cast.teams[event.team, event.line]
            if not by.is_system and (case.owner_id != by.pk or case.team_id != team.pk):
                self._do(
                    "hand_over", event, by=self._able(event, "hand_over"), owner=by, team=team, reason=_not_in_log()
                )
            if case.held_at is not None and event.name != "waiting":
                self._do("resume", event)

    def _reopen(self, event: Event) -> None:
        self._do("reopen", event, by=self._able(event, "reopen"), reason=_not_in_log())

    def _able(self, event: Event, verb: str) -> User:
        """Who may do the verb: the event's person, or the owner, who alone can have let it go; else the import."""
        owner = self.cast.by_id.get(self._case.owner_id or 0)
        for person in filter(None, (self.cast.person(event.actor), owner)):
            try:
                checks.person_may(self._case, verb, checks.ties(self._case, person))
            except Refused:
                continue
            return person
        return self.cast.importer
