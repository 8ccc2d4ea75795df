"""Reading the whole journal back against itself, against the history rows, the redactions and the seals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from apps.audit import reading
from apps.audit.canonical import moment
from apps.audit.guards import history_models
from apps.audit.hashes import HASHED, NONE_BEFORE, SEALS, Merkle, data_digest, entry_hash, redacted_leaf, seal_hash
from apps.audit.models import Chain, Entry, RedactedEntry, Redaction, Seal
from apps.audit.reading import Read, keys_of, snapshot

MOST_FAULTS = 1000  # are kept with their sentence; the rest are only counted


@dataclass(frozen=True)
class Fault:
    """Something that is not as it was written: where, and a translated sentence."""

    where: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.where}: {self.sentence}"


@dataclass
class Report:
    """What was read and what was found; of the faults the first MOST_FAULTS, and how many there are in all."""

    entries: int = 0
    seals: int = 0
    chains: int = 0
    redacted: int = 0  # entries whose personal data was blanked by a recorded act
    upto: str = ""  # the latest moment of an entry, in canonical form
    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0

    @property
    def ok(self) -> bool:
        return not self.fault_count

    def fault(self, where: str, sentence: str) -> None:
        self.fault_count += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(where, sentence))


def verify(
    subject: str | None = None, since: datetime | None = None, progress: Callable[[Report], None] | None = None
) -> Report:
    """Read the journal in one snapshot, in constant memory, and report every fault.

    `subject` narrows it to one chain and leaves the seals out. `since` narrows it to the chains that have an entry at
    or after that moment (each read whole), the history rows and the seals made since then. `progress` is told of every
    batch. Blocks no writer, unless it is called inside a transaction on SQLite.
    """
    report, progress = Report(), progress or (lambda _report: None)
    with snapshot():
        _verify_chains(report, subject, since, progress)
        _verify_empty_chains(report, subject)
        for model in history_models():
            _verify_recorded(report, model, subject, since)
            progress(report)
        _verify_redactions(report, subject)
        if subject is None:
            _verify_seals(report, since, progress)
    return report


def entries_of(subject: str | None, since: datetime | None) -> Any:
    """The entries that `verify` reads."""
    entries = Entry.objects.all()
    if subject is not None:
        entries = entries.filter(subject=subject)
    if since is not None:
        entries = entries.filter(subject__in=Entry.objects.filter(at__gte=since).order_by().values("subject"))
    return entries


# --- chains -----------------------------------------------------------------------------------------------------------

_SUBJECT, _SEQUENCE, _AT, _RECORD, _DIGEST, _PREVIOUS = (
    HASHED.index(name) for name in ("subject", "sequence", "at", "record", "digest", "previous")
)


def _verify_chains(
    report: Report, subject: str | None, since: datetime | None, progress: Callable[[Report], None]
) -> None:
    current, length, head = "", 0, NONE_BEFORE
    for batch in reading.read(entries_of(subject, since).order_by("subject", "sequence")):
        chains = _chains({each.hashed[_SUBJECT] for each in batch} | {current})
        for each in batch:
            hashed = each.hashed
            if hashed[_SUBJECT] != current:
                _verify_end(report, chains, current, length, head)
                current, length, head = hashed[_SUBJECT], 0, NONE_BEFORE
                report.chains += 1
            if sentence := _link_fault(each, length, head) or _data_fault(each):
                report.fault(f"{current} #{hashed[_SEQUENCE]}", sentence)
            length, head = hashed[_SEQUENCE], each.hash
        report.entries += len(batch)
        report.redacted += sum(each.digest != each.hashed[_DIGEST] for each in batch)
        report.upto = max(report.upto, max(each.hashed[_AT] for each in batch))
        progress(report)
    _verify_end(report, _chains({current}), current, length, head)


def _link_fault(entry: Read, length: int, head: str) -> str:
    """What is wrong with an entry's place in the chain or with a field that its hash covers; "" if nothing is."""
    hashed = entry.hashed
    if hashed[_SEQUENCE] != length + 1:
        return _("The chain has a gap: number %(expected)d is missing before this entry.") % {"expected": length + 1}
    if hashed[_PREVIOUS] != head:
        return _("The entry does not continue the entry before it.")
    if entry_hash(hashed) != entry.hash:
        return _("A field of the entry was changed after it was written.")
    return ""


def _data_fault(entry: Read) -> str:
    """What is wrong with an entry's reason, details or history row; "" if nothing is."""
    record = entry.hashed[_RECORD]
    if entry.row is None:
        return _("The history row %(record)s of the entry is missing or unreadable.") % {"record": record}
    if data_digest(entry.salt, entry.reason, entry.details, entry.row) != entry.digest:
        if record:
            return _("The reason, the details or the history row %(record)s was changed.") % {"record": record}
        return _("The reason or the details were changed.")
    return ""


def _verify_end(report: Report, chains: dict[str, tuple[int, str]], subject: str, length: int, head: str) -> None:
    """Compare the end of a chain with its Chain row."""
    if not subject:
        return
    chain = chains.get(subject)
    if chain is None:
        report.fault(subject, _("The chain's own row is missing."))
    elif chain[0] > length:
        sentence = _("The chain ends after %(length)d entries, but %(expected)d were written.")
        report.fault(subject, sentence % {"length": length, "expected": chain[0]})
    elif chain[0] < length:
        sentence = _("The chain has %(length)d entries, but only %(expected)d were written by the journal.")
        report.fault(subject, sentence % {"length": length, "expected": chain[0]})
    elif chain[1] != head:
        report.fault(subject, _("The chain does not end with the entry that was written last."))


def _chains(subjects: set[str]) -> dict[str, tuple[int, str]]:
    rows = Chain.objects.filter(subject__in=subjects).values_list("subject", "length", "head")
    return {subject: (length, head) for subject, length, head in rows}


def _verify_empty_chains(report: Report, subject: str | None) -> None:
    chains = Chain.objects.exclude(subject=SEALS).filter(~Exists(Entry.objects.filter(subject=OuterRef("subject"))))
    if subject is not None:
        chains = chains.filter(subject=subject)
    for name, length in chains.order_by("subject").values_list("subject", "length").iterator(chunk_size=reading.BATCH):
        report.chains += 1
        report.fault(name, _("All %(length)d entries of the chain are missing.") % {"length": length})


# --- history rows -----------------------------------------------------------------------------------------------------


def _verify_recorded(report: Report, model: Any, subject: str | None, since: datetime | None) -> None:
    """Every history row of the table has its entry."""
    label = model._meta.label_lower
    name = Concat(Value(f"{label}:"), Cast(OuterRef("pk"), CharField()))
    rows = model._base_manager.filter(~Exists(Entry.objects.filter(record=name)))
    if subject is not None:
        tracked = model.instance_type._meta
        subject_label, _colon, key = subject.partition(":")
        if subject_label != tracked.label_lower:
            return
        rows = rows.filter(**{f"{tracked.pk.attname}__in": list(keys_of(model.instance_type, [key]))})
    if since is not None:
        rows = rows.filter(history_date__gte=since)
    for pk in rows.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=reading.BATCH):
        report.fault(f"{label}:{pk}", _("The history row has no entry in the journal."))


# --- redactions -------------------------------------------------------------------------------------------------------


def _verify_redactions(report: Report, subject: str | None) -> None:
    """What each redaction blanked is what it wrote into the journal when it was carried out, and nothing more."""
    redactions = Redaction.objects.order_by("id")
    if subject is not None:
        redactions = redactions.filter(entries__entry__subject=subject).distinct()
    for redaction in redactions.iterator(chunk_size=reading.BATCH):
        name = f"{Redaction._meta.label_lower}:{redaction.pk}"
        rows = RedactedEntry.objects.filter(redaction=redaction).order_by("entry_id")
        tree = Merkle()
        for hash_, digest in rows.values_list(F("entry__hash"), "digest").iterator(chunk_size=reading.BATCH):
            tree.add(redacted_leaf(hash_, digest))
        recorded = Entry.objects.filter(subject=name, action="redacted").order_by("sequence").first()
        if recorded is None:
            if tree.count or redaction.state == Redaction.State.DONE:
                report.fault(name, _("The journal does not know of this redaction."))
        elif (recorded.details.get("count"), recorded.details.get("root")) != (tree.count, tree.root()):
            report.fault(name, _("The redacted entries are not those that the journal names."))
        elif subject is not None and (sentence := _recorded_fault(recorded)):
            report.fault(name, sentence)


def _recorded_fault(entry: Entry) -> str:
    """Where the redaction's own chain is not read: whether its entry is as it was written."""
    hashed = [moment(entry.at) if name == "at" else getattr(entry, name) for name in HASHED]
    if entry_hash(hashed) != entry.hash or data_digest(entry.salt, entry.reason, entry.details, {}) != entry.digest:
        return _("A field of the entry was changed after it was written.")
    return ""


# --- seals ------------------------------------------------------------------------------------------------------------


def _verify_seals(report: Report, since: datetime | None, progress: Callable[[Report], None]) -> None:
    number, after, head = 0, 0, NONE_BEFORE
    if since is not None:
        before = Seal.objects.filter(sealed_at__lt=since).order_by("-number").first()
        if before is not None:
            number, after, head = before.number, before.last_id, before.hash
    seals = Seal.objects.filter(number__gt=number).order_by("number")
    entries = Entry.objects.filter(id__gt=after).order_by("id").values_list("id", "hash")
    stream = _Stream(entries.iterator(chunk_size=reading.BATCH))
    for row in seals.iterator(chunk_size=reading.BATCH):
        report.seals += 1
        where = _("seal %(number)d") % {"number": row.number}
        if row.number != number + 1:
            report.fault(where, _("Seal %(number)d before it is missing.") % {"number": row.number - 1})
            stream.skip(below=row.first_id)
        elif row.previous != head:
            report.fault(where, _("The seal does not continue the seal before it."))
        if row.hash != seal_hash(
            row.number, row.sealed_at, row.first_id, row.last_id, row.count, row.root, row.previous
        ):
            report.fault(where, _("The seal was changed after it was made."))
        tree = stream.take(upto=row.last_id)
        if tree.count != row.count:
            sentence = _("%(count)d entries were sealed, %(found)d are there.")
            report.fault(where, sentence % {"count": row.count, "found": tree.count})
        elif tree.root() != row.root:
            report.fault(where, _("The entries are not those that were sealed."))
        number, head = row.number, row.hash
        progress(report)
    expected, expected_head = _chains({SEALS}).get(SEALS, (0, NONE_BEFORE))
    if (number, head) != (expected, expected_head):
        where = _("seal %(number)d") % {"number": max(number, expected)}
        report.fault(where, _("The seals do not end with the one that was made last."))


class _Stream:
    """The ids and hashes of all entries by id, taken seal by seal."""

    def __init__(self, rows: Iterator[tuple[int, str]]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def skip(self, *, below: int) -> None:
        self.take(upto=below - 1)

    def take(self, *, upto: int) -> Merkle:
        tree, row, rows = Merkle(), self._next, self._rows
        while row is not None and row[0] <= upto:
            tree.add(row[1])
            row = next(rows, None)
        self._next = row
        return tree
