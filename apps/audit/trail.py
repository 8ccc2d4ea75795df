"""The one writer of the journal: entries in chains, seals over them. `apps.audit.verification` reads all back.

An entry's `digest` covers its data with a salt of its own, its `hash` covers the rest of it and the hash before it in
the subject's chain. A seal's Merkle root covers the hashes of all entries since the seal before, across the chains.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, models, transaction

from apps.audit.canonical import moment, plain, row_of
from apps.audit.hashes import HASHED, NONE_BEFORE, SEALS, Merkle, data_digest, entry_hash, seal_hash
from apps.audit.models import Chain, Entry, Seal, Source
from apps.audit.verification import Fault, Report, verify

__all__ = [
    "Fault",
    "NewEntry",
    "Report",
    "actor_of",
    "append",
    "record_of",
    "row_of",
    "seal",
    "subject_of",
    "through",
    "verify",
]

# Through which door the changes of single rows come meanwhile, where their request does not tell: an import's.
door: ContextVar[Source | None] = ContextVar("door", default=None)

LOCK_SECONDS = 3  # how long sealing makes writers wait for the slowest of them before it gives up until the next time


@contextmanager
def through(source: Source) -> Iterator[None]:
    """Entries of rows saved meanwhile say that they came through this door."""
    token = door.set(source)
    try:
        yield
    finally:
        door.reset(token)


@dataclass(slots=True)
class NewEntry:
    """One change to be recorded. `history` is the saved simple-history row that holds the full row after it, if any."""

    subject: str
    at: datetime
    actor: str
    source: Source
    action: str
    from_state: str = ""
    to_state: str = ""
    reason: str = ""
    details: Mapping[str, object] = field(default_factory=dict)
    history: models.Model | None = None


def subject_of(instance: models.Model) -> str:
    """How the journal names a thing: "cases.case:42"."""
    return _name(instance._meta, instance.pk)


def actor_of(user: models.Model | int | None) -> str:
    """How the journal names a person, given as such or by key: "people.user:7"; "" when nobody is known."""
    if user is None:
        return ""
    return _name(get_user_model()._meta, user.pk if isinstance(user, models.Model) else user)


def record_of(history: models.Model) -> str:
    """How the journal names a history row: "cases.historicalcase:123". Raises ValueError when it is not saved."""
    if history.pk is None:
        raise ValueError(f"{history._meta.label} must be saved before its entry is written.")
    return _name(history._meta, history.pk)


def _name(meta: Any, pk: object) -> str:
    return f"{meta.label_lower}:{pk}"


def append(new: Sequence[NewEntry]) -> list[Entry]:
    """Add the entries to the chains of their subjects, in their order; three statements, however many they are.

    Needs a transaction (RuntimeError else), in which the chains stay locked to the end. On PostgreSQL subjects that
    have no chain yet cost one statement more. Who appends more than once in a transaction locks the subjects first.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An audit entry is written in the same transaction as the change that it records.")
    if not new:
        return []
    chains = _lock({each.subject for each in new})
    salts = os.urandom(16 * len(new)).hex()
    entries = [
        _chained(chains[each.subject], each, salts[start : start + 32])
        for each, start in zip(new, range(0, len(salts), 32), strict=True)
    ]
    Entry.objects.bulk_create(entries)
    _save(chains.values())
    return entries


def _lock(subjects: set[str]) -> dict[str, Chain]:
    """The locked chains of the subjects; those that do not exist are made, and on PostgreSQL locked too."""
    chains = _locked(subjects)
    missing = sorted(subjects - chains.keys())
    if missing:
        # PostgreSQL waits here for a writer who is just making the same chain; who comes second goes on from the other's end.
        ours = _begin(missing) if connection.vendor == "postgresql" else set(missing)
        chains |= {subject: Chain(subject=subject, length=0, head=NONE_BEFORE) for subject in ours}
        if theirs := [subject for subject in missing if subject not in ours]:
            chains |= _locked(theirs)
    return chains


def _begin(subjects: list[str]) -> set[str]:
    """Insert empty chains; returns the subjects of those that were not there."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Chain._meta.db_table} (subject, length, head) SELECT subject, 0, %s "  # noqa: S608
            "FROM unnest(%s::text[]) AS subject ON CONFLICT DO NOTHING RETURNING subject",
            [NONE_BEFORE, subjects],
        )
        return {subject for (subject,) in cursor.fetchall()}


def _locked(subjects: Iterable[str]) -> dict[str, Chain]:
    chains = Chain.objects.select_for_update().filter(subject__in=subjects).order_by("subject")
    return {chain.subject: chain for chain in chains}


def _save(chains: Iterable[Chain]) -> None:
    Chain.objects.bulk_create(
        chains, update_conflicts=True, unique_fields=["subject"], update_fields=["length", "head"]
    )


def _chained(chain: Chain, new: NewEntry, salt: str) -> Entry:
    """The entry at the end of the chain, which grows by it."""
    history = new.history
    entry = Entry(
        subject=new.subject,
        sequence=chain.length + 1,
        at=new.at,
        actor=new.actor,
        source=str(new.source),
        action=str(new.action),
        from_state=str(new.from_state),
        to_state=str(new.to_state),
        reason=str(new.reason),
        details=plain(new.details) if new.details else {},
        record="" if history is None else record_of(history),
        salt=salt,
        previous=chain.head,
    )
    entry.digest = data_digest(salt, entry.reason, entry.details, {} if history is None else row_of(history))
    state = entry.__dict__
    entry.hash = entry_hash([moment(new.at) if name == "at" else state[name] for name in HASHED])
    chain.length, chain.head = entry.sequence, entry.hash
    return entry


# --- seals ------------------------------------------------------------------------------------------------------------


def seal(at: datetime) -> Seal | None:
    """Seal every entry since the last seal; None when there is none, or when another sealed at the same time.

    Reads the entries outside any lock: what is committed does not change. On PostgreSQL raises OperationalError when a
    writer held up the short look at the last safe entry for LOCK_SECONDS; nothing is lost, the next seal covers it.
    """
    last = Seal.objects.order_by("-number").first()
    after, upto = 0 if last is None else last.last_id, _last_safe_id()
    tree, first_id, last_id = Merkle(), 0, 0
    rows = Entry.objects.filter(id__gt=after, id__lte=upto).order_by("id").values_list("id", "hash")
    for last_id, hash_ in rows.iterator(chunk_size=5000):
        first_id = first_id or last_id
        tree.add(hash_)
    if not tree.count:
        return None
    with transaction.atomic():
        chain = _lock({SEALS})[SEALS]
        if Seal.objects.filter(last_id__gt=after).exists():
            return None
        row = Seal(
            number=chain.length + 1,  # goes on even where somebody removed the last seal; `verify` names the gap
            sealed_at=at,
            first_id=first_id,
            last_id=last_id,
            count=tree.count,
            root=tree.root(),
            previous=NONE_BEFORE if last is None else last.hash,
        )
        row.hash = seal_hash(row.number, at, first_id, last_id, row.count, row.root, row.previous)
        row.save(force_insert=True)
        chain.length, chain.head = row.number, row.hash
        _save([chain])
    return row


def _last_safe_id() -> int:
    """The last entry before which none can still appear: PostgreSQL hands out ids before their transactions commit."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
                cursor.execute(f"LOCK TABLE {Entry._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
        last: int | None = Entry.objects.aggregate(last=models.Max("id"))["last"]
        return last or 0
