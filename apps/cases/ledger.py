"""The one writer. Verbs decide into a `Book`; leaving its `with` block writes everything, in one transaction.

One case or a thousand leave in the same handful of statements: the cases, their history, hand-offs, clocks, firings,
holds, the timeline, links, reviews, audit entries and messages. If one of them cannot be written, nothing is.
Locks are taken in one order: cases by id, then the audit chains of their subjects.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from types import TracebackType
from typing import Any

from django.db import transaction
from django.db.models import Exists, FilteredRelation, Model, OuterRef, Q

from apps.audit import trail
from apps.audit.models import Source
from apps.cases import audience, files, search, texts
from apps.cases.deadlines import Clocks
from apps.cases.models import Attachment, Case, Deadline, Firing, Follower, HandOff, Link, Pause, Review, Update
from apps.cases.numbering import give_numbers
from apps.cases.routing import Directory
from apps.notifications import outbox
from apps.notifications.models import Key
from apps.people.models import User
from apps.people.models.user import CLOCK
from apps.policy.rulebook import Rulebook, get_rulebook

# The end of a hold is no limit, and that a customer does not answer is nobody's delay.
NO_BREACH = frozenset({Deadline.Kind.HOLD, Deadline.Kind.CONFIRMATION})


class Draft:
    """What has been decided about one case so far. Verbs read and fill it; the Book writes it."""

    def __init__(self, case: Case, book: Book, live: Iterable[Deadline]) -> None:
        self.case = case
        self.book = book
        self.clocks = Clocks(case, live, self.rulebook)
        self.pending: HandOff | None = None
        self.pause: Pause | None = None
        self.hand_offs: dict[object, HandOff] = {}
        self.pauses: dict[object, Pause] = {}
        self.updates: list[Update] = []
        self.links: list[Link] = []
        self.attachments: list[Attachment] = []
        self.followers: list[Follower] = []
        self.unfollowed: list[Follower] = []
        self.review: Review | None = None
        self.is_redacted = False
        self.steps: list[_Step] = []
        self.announcements: list[audience.Announcement] = []
        self._told_firings = 0

    @property
    def rulebook(self) -> Rulebook:
        return get_rulebook(self.case.policy_version_id)

    def put_hand_off(self, hand_off: HandOff) -> None:
        self.hand_offs[hand_off.pk] = hand_off
        self.pending = hand_off if hand_off.status == HandOff.Status.PENDING else None

    def answer(self, status: HandOff.Status, *, by: User | None, now: datetime, advice: str = "") -> None:
        """Close the pending hand-off, if there is one."""
        if self.pending is None:
            return
        hand_off = self.pending
        hand_off.status, hand_off.answered_by, hand_off.answered_at, hand_off.advice = status, by, now, advice
        self.put_hand_off(hand_off)

    def put_pause(self, pause: Pause) -> None:
        self.pauses[pause.pk] = pause
        self.pause = pause if pause.ended_at is None else None

    def tell(
        self, key: Key, groups: Sequence[audience.Group], *, by: User | None, now: datetime, **context: object
    ) -> None:
        """Announce to the groups; the person who acts hears nothing of what they did themselves."""
        if self.book.is_silent or not groups:
            return
        actor = {} if by is None or by.is_system else {"actor": by, "actor_id": by.pk}
        due = audience.next_due(self.clocks.live.values())
        self.announcements.append(audience.Announcement(self.case, key, groups, now, due, {**actor, **context}))

    def record(
        self,
        verb: str,
        *,
        by: User | None,
        now: datetime,
        from_state: str,
        reason: str = "",
        details: Mapping[str, object] | None = None,
    ) -> None:
        """End a verb: the case as it is now becomes a history row, and the journal gets its entry."""
        if by is None or not by.is_system:
            self.case.active_at = now
        self.steps.append(
            _Step(
                verb=verb,
                by=by,
                now=now,
                from_state=from_state,
                to_state=str(self.case.state),
                reason=reason,
                details=dict(details or {}) | self._missed(),
                row={name: getattr(self.case, name) for name in _tracked()},
            )
        )

    def _missed(self) -> dict[str, object]:
        """The limits that were missed since the step before, for the journal's filter."""
        fired = self.clocks.firings[self._told_firings :]
        self._told_firings = len(self.clocks.firings)
        missed = [
            str(each.deadline.kind)
            for each in fired
            if each.step == Firing.Step.DUE and each.deadline.kind not in NO_BREACH
        ]
        return {"breach": missed} if missed else {}


@dataclass(slots=True)
class _Step:
    verb: str
    by: User | None
    now: datetime
    from_state: str
    to_state: str
    reason: str
    details: dict[str, object]
    row: dict[str, Any]  # the case's tracked columns after the step


class Book:
    """A unit of work over cases. Use it as `with Book(source=…) as book:`; an exception inside leaves nothing written.

    `is_silent` writes no messages (a replayed log must not mail anybody). `directory` may be shared between Books while
    the organisation does not change.
    """

    def __init__(self, *, source: Source, is_silent: bool = False, directory: Directory | None = None) -> None:
        self.source = source
        self.is_silent = is_silent
        self._directory = directory
        self._drafts: dict[int, Draft] = {}  # by id() of the case: a new one has no key yet
        self._atomic = transaction.atomic()

    def __enter__(self) -> Book:
        self._atomic.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            try:
                if kind is None:
                    _write([draft for draft in self._drafts.values() if draft.steps or draft.clocks.changed], self)
            except BaseException as failure:
                self._atomic.__exit__(type(failure), failure, failure.__traceback__)
                raise
            self._atomic.__exit__(kind, error, trace)
        except BaseException:
            files.remove([row for draft in self._drafts.values() for row in draft.attachments])
            raise

    @property
    def is_import(self) -> bool:
        return self.source == Source.IMPORT

    @property
    def directory(self) -> Directory:
        if self._directory is None:
            self._directory = Directory.read()
        return self._directory

    # --- cases in, locked -----------------------------------------------------------------------------------------

    def load(self, ids: Collection[int], *, skip_locked: bool = False) -> list[Case]:
        """Lock and read the cases with what the verbs need of them; those locked elsewhere are left out on request."""
        cases = Case.objects.filter(pk__in=ids).order_by("pk").select_related(*_RELATED, "open_pause")
        cases = cases.annotate(open_pause=FilteredRelation("pauses", condition=Q(pauses__ended_at=None)))
        cases = cases.annotate(is_followed=Exists(Follower.objects.filter(case=OuterRef("pk"))))
        cases = cases.select_for_update(of=("self",), skip_locked=skip_locked)
        loaded = list(cases)
        if any(_is_stale(case) for case in loaded) or (len(loaded) < len(ids) and not skip_locked):
            # PostgreSQL gives a row that was waited for as the other left it, but joined to what it was joined to before, or
            # not at all. Now it is locked, so a second look sees it whole.
            loaded = list(cases.all())
        by_id = {case.pk: self.put(case, live=[]) for case in loaded}
        for row in Deadline.objects.filter(case__in=by_id, state__in=["RUNNING", "PAUSED"]).order_by("due_at", "pk"):
            draft = by_id[row.case_id]
            row.case = draft.case
            draft.clocks.live[row.kind] = row
        if waiting := [case.pk for case in loaded if case.state == "ESCALATED"]:
            pending = HandOff.objects.filter(case__in=waiting, status="PENDING")
            for hand_off in pending.select_related("from_owner", "from_team__level", "from_level"):
                by_id[hand_off.case_id].pending = hand_off
        for case in loaded:
            if case.held_at is not None:
                by_id[case.pk].pause = _open_pause(case)
        return loaded

    def case(self, pk: int) -> Case:
        """Lock and read one case. Raises Case.DoesNotExist."""
        found = self.load([pk])
        if not found:
            raise Case.DoesNotExist
        return found[0]

    def put(self, case: Case, *, live: Iterable[Deadline] = ()) -> Draft:
        draft = self._drafts[id(case)] = Draft(case, self, live)
        return draft

    def locked(self, pk: int) -> Case:
        """A case that this Book loaded, by its key. Raises KeyError for any other: it is not locked."""
        found = next((draft.case for draft in self._drafts.values() if draft.case.pk == pk), None)
        if found is None:
            raise KeyError(pk)
        return found

    def draft(self, case: Case) -> Draft:
        """The draft of a case that this Book loaded or opened. Raises KeyError for any other: it is not locked."""
        return self._drafts[id(case)]

    def discard(self, case: Case) -> None:
        """Forget all that was decided about the case: it stays as it was."""
        del self._drafts[id(case)]


# level twice: the team's and the case's may differ while a team moves in the organisation
_RELATED = (
    "team__level",
    "team__department",
    "level",
    "owner",
    "reporter",
    "department",
    "category__authority_level",
)


@contextmanager
def one_case(pk: int, *, source: Source, also: Collection[int] = ()) -> Iterator[tuple[Case, Book]]:
    """The usual frame of a screen: one locked case and its Book. Raises Case.DoesNotExist, and what the verb raises.

    `also`: other cases that the verb changes; they are locked with it, in order.
    """
    with Book(source=source) as book:
        found = {case.pk: case for case in book.load({pk, *also})}
        if pk not in found:
            raise Case.DoesNotExist
        yield found[pk], book


def _open_pause(case: Case) -> Pause | None:
    return getattr(case, "open_pause", None)  # the join of `Book.load`; not there where it found none


def _is_stale(case: Case) -> bool:
    """Whether the rows joined to the locked case are not those that it names."""
    pause = _open_pause(case)
    return (case.owner_id is not None and case.owner is None) or (
        case.held_at is not None and (pause is None or pause.began_at != case.held_at)
    )


@cache
def _tracked() -> tuple[str, ...]:
    return tuple(field.attname for field in Case.history.model.tracked_fields)


@cache
def _mutable() -> tuple[str, ...]:
    fields = (field.name for field in Case._meta.concrete_fields)
    return tuple(name for name in fields if name not in ("id", "number", "policy_version", "received_at", "reporter"))


def _write(drafts: Sequence[Draft], book: Book) -> None:
    if not drafts:
        return
    new = [draft.case for draft in drafts if draft.case.pk is None]
    old = [draft.case for draft in drafts if draft.case.pk is not None and draft.steps]
    if new:
        give_numbers(new)
    for case in (*new, *old):
        case.search_text = search.text_of(case)
    if new:
        Case.objects.bulk_create(new)
    _upsert(Case, old, _mutable())
    entries = _history(drafts, book.source)
    _upsert(HandOff, [row for d in drafts for row in d.hand_offs.values()], _HAND_OFF_ANSWER)
    _upsert(Deadline, [row for d in drafts for row in d.clocks.changed.values()], _DEADLINE_PROGRESS)
    Firing.objects.bulk_create([row for d in drafts for row in d.clocks.firings])
    _upsert(Pause, [row for d in drafts for row in d.pauses.values()], ("ended_at",))
    Update.objects.bulk_create([row for d in drafts for row in d.updates])
    Link.objects.bulk_create([row for d in drafts for row in d.links])
    files.store([row for d in drafts for row in d.attachments])
    Attachment.objects.bulk_create([row for d in drafts for row in d.attachments])
    if unfollowed := [row.pk for d in drafts for row in d.unfollowed]:
        Follower.objects.filter(pk__in=unfollowed).delete()
    Follower.objects.bulk_create([row for d in drafts for row in d.followers])
    Review.objects.bulk_create([d.review for d in drafts if d.review is not None])
    if redacted := [draft.case.pk for draft in drafts if draft.is_redacted]:
        texts.blank(redacted)
    trail.append(entries)
    if letters := audience.notices(each for d in drafts for each in d.announcements):
        outbox.put(letters, now=max(each.now for d in drafts for each in d.announcements))


_HAND_OFF_ANSWER = ("status", "answered_by", "answered_at", "advice")
_DEADLINE_PROGRESS = (
    "state",
    "warn_at",
    "due_at",
    "warned_at",
    "ended_at",
    "remaining",
    "next_at",
    "attempts",
    "error",
)


def _upsert(model: type[Model], rows: Sequence[Model], changing: Collection[str]) -> None:
    """Insert the new and update the changed rows, in one statement; of the changed, only the columns `changing`."""
    if rows:
        model._default_manager.bulk_create(
            rows, update_conflicts=True, unique_fields=["id"], update_fields=list(changing)
        )


def _history(drafts: Sequence[Draft], source: Source) -> list[trail.NewEntry]:
    """Write the steps' history rows; returns the journal's entries for them, in the order of the steps."""
    model = Case.history.model
    pairs: list[tuple[_Step, Any]] = []
    for draft in drafts:
        for step in draft.steps:
            step.row |= {"id": draft.case.pk, "number": draft.case.number}
            row = model(
                history_date=step.now,
                history_type="+" if step.verb == "receive" else "~",
                history_user_id=None if step.by is None else step.by.pk,
                history_change_reason=step.verb,
                **step.row,
            )
            pairs.append((step, row))
    pairs.sort(key=lambda pair: pair[0].now)  # stable: a case's own steps keep their order
    model.objects.bulk_create([row for _, row in pairs])
    return [
        trail.NewEntry(
            subject=f"cases.case:{row.id}",
            at=step.now,
            actor=trail.actor_of(step.by),
            source=Source.CLOCK if step.by is not None and step.by.username == CLOCK else source,
            action=step.verb,
            from_state=step.from_state,
            to_state=step.to_state,
            reason=step.reason,
            details=step.details | {"department": f"people.department:{row.department_id}"},
            history=row,
        )
        for step, row in pairs
    ]


MAX_DELAY = timedelta(hours=1)


def push_back(errors: Mapping[int, str], *, now: datetime) -> None:
    """Look at the due clocks of these cases (error by case id) again later: after 1, 2, 4 … minutes, at most 60."""
    if not errors:
        return
    with transaction.atomic():
        list(Case.objects.select_for_update().filter(pk__in=errors).order_by("pk").values_list("pk"))
        rows = list(
            Deadline.objects.select_for_update().filter(case__in=errors, next_at__lte=now).order_by("case_id", "pk")
        )
        for row in rows:
            row.next_at = now + min(timedelta(minutes=2 ** min(row.attempts, 6)), MAX_DELAY)
            row.attempts += 1
            row.error = errors[row.case_id]
        _upsert(Deadline, rows, ("next_at", "attempts", "error"))
