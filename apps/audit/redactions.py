"""Blanking of personal data in what was written, by two people, so that the chain still proves the rest.

One person asks with a reason (`request`), another decides (`approve`, `decline`), a worker carries it out
(`carry_out`). Each entry of the subjects is first checked against its digest, so that nobody's tampering is covered up;
then its history row's personal columns and its reason are blanked, its salt is replaced, and a new digest is taken of all
that is left. The Merkle root over these digests is an entry of the journal itself. Hashes and old digests stay as they
are: chains and seals verify as before, and what was blanked cannot be guessed from a digest whose salt is gone.

What lies outside the journal – live rows, timelines, messages – is blanked by the `Keeper` that an app registers for its
kind of subject, in the same transaction.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.apps import apps
from django.db import OperationalError, connection, models, transaction
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from apps.audit import personal, reading, trail
from apps.audit.canonical import encode
from apps.audit.hashes import HASHED, Merkle, data_digest, redacted_leaf
from apps.audit.models import Entry, RedactedEntry, Redaction, Source
from apps.audit.reading import Read

logger = logging.getLogger(__name__)

State = Redaction.State
MOST_SUBJECTS = 1000
_SUBJECT, _RECORD = HASHED.index("subject"), HASHED.index("record")


class Refused(Exception):
    """A redaction that may not happen; the message is a translated sentence."""


class Keeper(Protocol):
    """Knows one kind of subject, such as "cases.case", outside the journal."""

    def find(self, texts: Collection[str]) -> dict[str, int]:
        """The keys of those that people call so, by what they are called."""

    def names(self, keys: Sequence[int]) -> dict[int, str]:
        """What they are called where no more of them is to be seen, such as a case's number."""

    def refusal(self, keys: Sequence[int]) -> str:
        """Why these may not be redacted now, as a translated sentence; "" if they may."""

    def blank(self, keys: Sequence[int], *, by: str, now: datetime) -> None:
        """Blank the live rows and all that hangs on them, in the transaction that is open. `by` as the journal names it."""


_keepers: dict[str, Keeper] = {}


def register(label: str, keeper: Keeper) -> None:
    """Make a kind of subject ("cases.case") redactable."""
    _keepers[label] = keeper


@dataclass(frozen=True, slots=True)
class Due:
    """What a retention period is over for: `why` says so in a translated sentence."""

    why: str
    subjects: list[str]


_due: list[Callable[[datetime], list[Due]]] = []


def register_due(ask: Callable[[datetime], list[Due]]) -> None:
    """`ask(now)` tells what is due for redaction; it writes nothing."""
    _due.append(ask)


def rehearse(now: datetime) -> list[Due]:
    """What would be proposed at `now`; nothing is written. What was asked for already is left out."""
    pending = Redaction.objects.exclude(state=State.DECLINED).values_list("subjects", flat=True)
    known = {subject for subjects in pending for subject in subjects}
    found = [Due(each.why, [name for name in each.subjects if name not in known]) for ask in _due for each in ask(now)]
    return [each for each in found if each.subjects]


def propose_due(now: datetime) -> int:
    """Write down what `rehearse` tells, as proposals; returns how many. Two people decide what becomes of them."""
    count = 0
    for due in rehearse(now):
        for start in range(0, len(due.subjects), MOST_SUBJECTS):
            propose(due.subjects[start : start + MOST_SUBJECTS], now=now, source=Source.CLOCK, reason=due.why)
            count += 1
    return count


def find(text: str) -> list[str]:
    """The subjects that the lines of a text name: case numbers, user names, or names of the journal. Raises Refused."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = {line: line for line in lines if line.partition(":")[0] in _keepers}
    for label, keeper in _keepers.items():
        found |= {called: f"{label}:{key}" for called, key in keeper.find(lines).items()}
    if unknown := [line for line in lines if line not in found]:
        raise Refused(_("“%(name)s” is nothing that can be redacted.") % {"name": unknown[0]})
    return sorted(set(found.values()))


def names(subjects: Sequence[str]) -> list[str]:
    """What the subjects are called, in their order, without showing more of them; one statement for each kind."""
    called: dict[str, str] = {}
    for label, keeper in _keepers.items():
        keys = [int(key) for name in subjects if (key := name.removeprefix(f"{label}:")) != name]
        called |= {f"{label}:{key}": name for key, name in keeper.names(keys).items()} if keys else {}
    return [called.get(subject, subject) for subject in subjects]


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts: as the journal names them, and what they may."""

    actor: str
    may_request: bool
    may_approve: bool


def person(user: models.Model) -> Person:
    """The person as their permissions make them."""
    return Person(
        actor=trail.actor_of(user),
        may_request=user.has_perm("audit.request_redaction"),  # type: ignore[attr-defined]
        may_approve=user.has_perm("audit.approve_redaction"),  # type: ignore[attr-defined]
    )


# --- the two persons --------------------------------------------------------------------------------------------------


def propose(subjects: Collection[str], *, now: datetime, source: Source, reason: str) -> Redaction:
    """The system's: a retention period is over. Nothing happens until a person asks for it and another approves."""
    keys_by_label(subjects)
    with transaction.atomic():
        redaction = Redaction.objects.create(
            subjects=sorted(subjects), state=State.PROPOSED, reason=reason, created_at=now
        )
        _note(redaction, "proposed", actor="", now=now, source=source, reason=reason)
    return redaction


def request(subjects: Collection[str], *, by: Person, now: datetime, source: Source, reason: str) -> Redaction:
    """Ask for the redaction of the subjects ("cases.case:42"). Raises Refused."""
    _may(by.may_request)
    if not reason.strip():
        raise Refused(_("Please give a reason."))
    _check(subjects)
    with transaction.atomic():
        redaction = Redaction.objects.create(
            subjects=sorted(subjects), state=State.REQUESTED, reason=reason, created_at=now, requested_by=by.actor
        )
        _note(redaction, "requested", actor=by.actor, now=now, source=source, reason=reason)
    return redaction


def take_up(pk: int, *, by: Person, now: datetime, source: Source, reason: str) -> None:
    """Ask for what was proposed. Raises Refused."""
    _may(by.may_request)
    with transaction.atomic():
        redaction = _locked(pk, State.PROPOSED)
        _check(redaction.subjects)
        redaction.state, redaction.requested_by = State.REQUESTED, by.actor
        redaction.reason = reason.strip() or redaction.reason
        redaction.save(update_fields=["state", "requested_by", "reason"])
        _note(redaction, "requested", actor=by.actor, now=now, source=source, reason=redaction.reason)


def approve(pk: int, *, by: Person, now: datetime, source: Source) -> None:
    """The second person's yes: from now on a worker may carry it out. Raises Refused."""
    _may(by.may_approve)
    with transaction.atomic():
        redaction = _locked(pk, State.REQUESTED)
        if redaction.requested_by == by.actor:
            raise Refused(_("A redaction is approved by somebody other than the person who asked for it."))
        _decide(redaction, State.APPROVED, by=by, now=now, source=source)


def decline(pk: int, *, by: Person, now: datetime, source: Source) -> None:
    """No; also how somebody takes back what they asked for. Raises Refused."""
    with transaction.atomic():
        redaction = _locked(pk, State.PROPOSED, State.REQUESTED)
        _may(by.may_approve or redaction.requested_by == by.actor)
        _decide(redaction, State.DECLINED, by=by, now=now, source=source)


def _may(is_allowed: bool) -> None:
    if not is_allowed:
        raise Refused(_("You do not have the right to do this."))


def _check(subjects: Collection[str]) -> None:
    for label, keys in keys_by_label(subjects).items():
        if sentence := _keepers[label].refusal(keys):
            raise Refused(sentence)


def keys_by_label(subjects: Collection[str]) -> dict[str, list[int]]:
    """The keys of the subjects by their kind. Raises Refused for too many, and for what cannot be redacted."""
    if not 0 < len(subjects) <= MOST_SUBJECTS:
        raise Refused(_("Please name between 1 and %(most)d records.") % {"most": MOST_SUBJECTS})
    found: dict[str, list[int]] = {}
    for subject in sorted(subjects):
        label, _colon, key = subject.partition(":")
        if label not in _keepers or not key.isdecimal():
            raise Refused(_("“%(name)s” is nothing that can be redacted.") % {"name": subject})
        found.setdefault(label, []).append(int(key))
    return found


def _locked(pk: int, *states: State) -> Redaction:
    redaction = Redaction.objects.select_for_update().get(pk=pk)
    if redaction.state not in states:
        raise Refused(
            _("Redaction %(number)d is no longer open: %(state)s.")
            % {"number": pk, "state": redaction.get_state_display()}
        )
    return redaction


def _decide(redaction: Redaction, state: State, *, by: Person, now: datetime, source: Source) -> None:
    redaction.state, redaction.decided_by, redaction.decided_at = state, by.actor, now
    redaction.save(update_fields=["state", "decided_by", "decided_at"])
    _note(redaction, str(state).lower(), actor=by.actor, now=now, source=source)


def _note(
    redaction: Redaction, action: str, *, actor: str, now: datetime, source: Source, reason: str = "", **details: object
) -> None:
    entry = trail.NewEntry(
        subject=trail.subject_of(redaction),
        at=now,
        actor=actor,
        source=source,
        action=action,
        reason=reason,
        details=details or {"subjects": redaction.subjects},
    )
    trail.append([entry])


# --- carrying it out --------------------------------------------------------------------------------------------------


def carry_out_approved(now: datetime) -> int:
    """Carry out what was approved, each in a transaction of its own; returns how many. What fails says why, and stays."""
    done = 0
    for pk in Redaction.objects.filter(state=State.APPROVED).order_by("id").values_list("pk", flat=True):
        try:
            done += carry_out(pk, now)
        except Exception as error:  # one that cannot be carried out must not keep the others from it
            said = str(error)
            if not isinstance(error, Refused):
                logger.exception("Redaction %s could not be carried out.", pk)
                said = type(error).__name__  # the database's own words may quote the very row
            Redaction.objects.filter(pk=pk, state=State.APPROVED).update(error=said)
    return done


def carry_out(pk: int, now: datetime) -> bool:
    """Blank live and historical rows; False when another worker has done it. Raises Refused, and then nothing is written.

    Locks in the order of every writer: the live rows, their chains, then the redaction's own chain.
    """
    with transaction.atomic():
        redaction = Redaction.objects.select_for_update().get(pk=pk)
        if redaction.state != State.APPROVED:
            return False
        for label, keys in keys_by_label(redaction.subjects).items():
            if sentence := _keepers[label].refusal(keys):
                raise Refused(sentence)
            _keepers[label].blank(keys, by=redaction.decided_by, now=now)
        tree, records = Merkle(), set()
        entries = Entry.objects.filter(subject__in=redaction.subjects).order_by("id")
        for batch in reading.read(entries):
            found = [(each.hash, _redacted(redaction, each)) for each in batch]
            rows = [(hash_, row) for hash_, row in found if row is not None]
            RedactedEntry.objects.bulk_create(row for _hash, row in rows)
            for hash_, row in rows:
                tree.add(redacted_leaf(hash_, row.digest))
                records.add(row.record)
        _blank_records(records - {""})
        _blank_entries(redaction)
        _verify(redaction)
        _note(
            redaction,
            "redacted",
            actor=redaction.decided_by,
            now=now,
            source=Source.CLOCK,
            subjects=redaction.subjects,
            requested_by=redaction.requested_by,
            approved_by=redaction.decided_by,
            count=tree.count,
            root=tree.root(),
        )
        redaction.state, redaction.done_at, redaction.count, redaction.error = State.DONE, now, tree.count, ""
        redaction.save(update_fields=["state", "done_at", "count", "error"])
    return True


def _redacted(redaction: Redaction, entry: Read) -> RedactedEntry | None:
    """What an entry becomes; None where it holds nothing personal. Raises Refused for one that was altered."""
    subject = entry.hashed[_SUBJECT]
    if entry.row is None or data_digest(entry.salt, entry.reason, entry.details, entry.row) != entry.digest:
        raise Refused(
            _("%(subject)s is not as it was written. Have the journal verified before anything of it is blanked.")
            % {"subject": subject}
        )
    row = personal.blanked(subject.partition(":")[0], entry.row)
    reason = personal.BLACK if entry.reason else ""
    if (row, reason) == (entry.row, entry.reason):
        return None
    salt = os.urandom(16).hex()
    digest = data_digest(salt, reason, entry.details, row)
    return RedactedEntry(redaction=redaction, entry_id=entry.id, record=entry.hashed[_RECORD], salt=salt, digest=digest)


def _blank_records(names: Collection[str]) -> None:
    keys: dict[str, list[str]] = {}
    for name in names:
        label, _colon, key = name.partition(":")
        keys.setdefault(label, []).append(key)
    for label, texts in keys.items():
        model = apps.get_model(label)
        subject: type[models.Model] = model.instance_type  # type: ignore[attr-defined]
        for batch in reading.batches(reading.keys_of(model, texts)):
            personal.blank(subject._meta.label_lower, model._base_manager.filter(pk__in=batch))


def _blank_entries(redaction: Redaction) -> None:
    """The new salts use the permits up: after this, no guard lets anything of these rows through again."""
    rows = RedactedEntry.objects.filter(redaction=redaction)
    salt = Subquery(rows.filter(entry=OuterRef("pk")).values("salt"))
    reason = models.Case(models.When(reason="", then=models.Value("")), default=models.Value(personal.BLACK))
    Entry.objects.filter(pk__in=rows.values("entry")).update(salt=salt, reason=reason)


def _verify(redaction: Redaction) -> None:
    """What lies in the database now is what the new digests were taken of. Raises Refused."""
    digests = dict(RedactedEntry.objects.filter(redaction=redaction).values_list("entry", "digest"))
    for batch in reading.read(Entry.objects.filter(redactions__redaction=redaction).order_by("id")):
        for each in batch:
            found = data_digest(each.salt, each.reason, each.details, each.row or {})
            if found != digests[each.id]:
                raise Refused(_("%(row)s could not be blanked.") % {"row": encode([each.hashed[_RECORD]])})


def forget() -> None:
    """Make the database give up what it no longer shows. Not in a transaction.

    SQLite writes its file anew and empties the write-ahead log; should readers keep it from that, the overwritten pages
    (PRAGMA secure_delete) are clean all the same. PostgreSQL removes the dead rows. Backups and archived logs are the
    operator's.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except OperationalError as error:
        logger.warning("Redacted, but the database could not be vacuumed now: %s", error)
