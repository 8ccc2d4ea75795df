"""What somebody with the database's password does to the journal, and what the verification finds."""

from apps.audit import trail
from apps.audit.models import Entry


def faults() -> list[str]:
    return [str(fault) for fault in trail.verify().faults]


def entry(subject: str, sequence: int) -> Entry:
    return Entry.objects.get(subject=subject, sequence=sequence)


def update(entry: Entry, **fields: object) -> None:
    Entry.objects.filter(pk=entry.pk).update(**fields)
