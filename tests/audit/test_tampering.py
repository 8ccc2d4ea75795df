"""Somebody with the database's password alters the journal; each alteration is found and named."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db.models import F
from django.utils import timezone

from apps.audit import reading, trail, verification
from apps.audit.canonical import moment
from apps.audit.hashes import HASHED, data_digest, entry_hash, seal_hash
from apps.audit.models import Chain, Entry, Seal, Source
from apps.people.models import Department
from tests.audit.tampering import entry, faults, update

pytestmark = pytest.mark.usefixtures("journal", "lifted_guards", "english")


def rehash(subject: str, first: int) -> str:
    """Make the chain consistent again from an entry on, as a forger would; returns the new head."""
    entries = list(Entry.objects.filter(subject=subject, sequence__gte=first - 1).order_by("sequence"))
    for before, each in pairwise(entries):
        each.previous = before.hash
        row = reading.records_of([each.record])[each.record]
        each.digest = data_digest(each.salt, each.reason, each.details, row)
        values = {name: getattr(each, name) for name in HASHED} | {"at": moment(each.at)}
        each.hash = entry_hash(list(values.values()))
        update(each, previous=each.previous, digest=each.digest, hash=each.hash)
    return entries[-1].hash


@pytest.mark.parametrize(
    "change",
    [
        {"at": F("at") + timedelta(microseconds=1)},
        {"actor": "people.user:8"},
        {"source": "API"},
        {"action": "deleted"},
        {"from_state": "RECEIVED"},
        {"to_state": "RECEIVED"},
        {"hash": "0" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_field_of_an_entry(subject: str, change: dict[str, object]) -> None:
    update(entry(subject, 3), **change)

    assert faults()[0] == f"{subject} #3: A field of the entry was changed after it was written."


@pytest.mark.parametrize("change", [{"reason": "別の理由"}, {"details": {"changed": ["code"]}}, {"salt": "0" * 32}])
def test_a_changed_reason_or_detail(subject: str, change: dict[str, object]) -> None:
    changed = entry(subject, 2)
    update(changed, **change)

    sentence = f"The reason, the details or the history row {changed.record} was changed."
    assert faults() == [f"{subject} #2: {sentence}"]


def test_a_changed_reason_of_an_entry_without_a_history_row() -> None:
    update(entry("cases.case:42", 1), reason="未解決です")

    assert faults() == ["cases.case:42 #1: The reason or the details were changed."]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "総務部"},
        {"name_en": "General affairs"},
        {"is_active": False},
        {"head_id": 99},
        {"history_date": F("history_date") - timedelta(days=1)},
        {"history_type": "-"},
        {"history_user_id": 99},
        {"history_change_reason": "別"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_history_row(subject: str, change: dict[str, object]) -> None:
    changed = entry(subject, 2)
    Department.history.filter(pk=changed.record.split(":")[1]).update(**change)

    sentence = f"The reason, the details or the history row {changed.record} was changed."
    assert faults() == [f"{subject} #2: {sentence}"]


def test_a_deleted_history_row(subject: str) -> None:
    record = entry(subject, 1).record
    Department.history.filter(pk=record.split(":")[1]).delete()

    assert faults() == [f"{subject} #1: The history row {record} of the entry is missing or unreadable."]


def test_an_inserted_history_row(support: Department) -> None:
    row = Department.history.first()
    row.pk = None
    row.save(force_insert=True)

    assert faults() == [f"people.historicaldepartment:{row.pk}: The history row has no entry in the journal."]


def test_the_last_entry_deleted(subject: str) -> None:
    last = entry(subject, 3)
    last.delete()

    assert faults() == [
        f"{subject}: The chain ends after 2 entries, but 3 were written.",
        f"{last.record}: The history row has no entry in the journal.",
    ]


def test_the_last_entry_deleted_with_its_history_row_and_the_chain_shortened(subject: str, sealed: Seal) -> None:
    last = entry(subject, 3)
    Department.history.filter(pk=last.record.split(":")[1]).delete()
    last.delete()
    Chain.objects.filter(subject=subject).update(length=2, head=entry(subject, 2).hash)

    assert faults() == ["seal 1: 7 entries were sealed, 6 are there."]


def test_an_entry_deleted_from_the_middle(subject: str) -> None:
    middle = entry(subject, 2)
    middle.delete()

    assert faults() == [
        f"{subject} #3: The chain has a gap: number 2 is missing before this entry.",
        f"{middle.record}: The history row has no entry in the journal.",
    ]


def test_a_whole_chain_deleted_before_sealing(subject: str) -> None:
    Entry.objects.filter(subject=subject).delete()

    assert faults()[0] == f"{subject}: All 3 entries of the chain are missing."
    assert len(faults()) == 1 + 3  # and each history row lacks its entry


def test_a_whole_chain_deleted_with_its_rows_after_sealing(subject: str, support: Department, sealed: Seal) -> None:
    Entry.objects.filter(subject=subject).delete()
    Chain.objects.filter(subject=subject).delete()
    support.history.all().delete()

    assert faults() == ["seal 1: 7 entries were sealed, 4 are there."]


def test_a_chain_row_deleted(subject: str) -> None:
    Chain.objects.filter(subject=subject).delete()

    assert faults() == [f"{subject}: The chain's own row is missing."]


def test_two_entries_swapped(subject: str) -> None:
    second, third = entry(subject, 2), entry(subject, 3)
    update(second, sequence=99)
    update(third, sequence=2)
    update(second, sequence=3)

    assert faults() == [
        f"{subject} #2: The entry does not continue the entry before it.",
        f"{subject} #3: The entry does not continue the entry before it.",
        f"{subject}: The chain does not end with the entry that was written last.",
    ]


def test_the_history_rows_of_two_entries_swapped(subject: str) -> None:
    second, third = entry(subject, 2), entry(subject, 3)
    update(second, record=third.record)
    update(third, record=second.record)

    assert faults() == [
        f"{subject} #2: A field of the entry was changed after it was written.",
        f"{subject} #3: A field of the entry was changed after it was written.",
    ]


def test_the_ids_of_two_entries_swapped_after_sealing(subject: str, sealed: Seal) -> None:
    second, third = entry(subject, 2), entry(subject, 3)
    update(second, id=9999)
    update(third, id=second.pk)
    Entry.objects.filter(id=9999).update(id=third.pk)

    assert faults() == ["seal 1: The entries are not those that were sealed."]


def test_a_chain_rehashed_from_a_point_on(subject: str) -> None:
    update(entry(subject, 2), reason="別の理由")
    rehash(subject, 2)

    assert faults() == [f"{subject}: The chain does not end with the entry that was written last."]


def test_a_chain_rehashed_with_its_chain_row_after_sealing(subject: str, sealed: Seal) -> None:
    update(entry(subject, 2), reason="別の理由")
    Chain.objects.filter(subject=subject).update(head=rehash(subject, 2))

    assert faults() == ["seal 1: The entries are not those that were sealed."]


def test_an_entry_inserted_at_the_end(subject: str) -> None:
    forged = entry(subject, 3)
    forged.pk, forged.sequence, forged.previous = None, 4, forged.hash
    values = {name: getattr(forged, name) for name in HASHED} | {"at": moment(forged.at)}
    forged.hash = entry_hash(list(values.values()))
    forged.save(force_insert=True)

    assert faults() == [f"{subject}: The chain has 4 entries, but only 3 were written by the journal."]


def test_a_chain_inserted_among_sealed_entries(sealed: Seal, support: Department) -> None:
    support.save()
    Entry.objects.filter(id__gt=sealed.last_id).update(id=F("id") + 100)  # a hole, as transactions rolled back leave it
    trail.seal(timezone.now())
    [forged] = trail.append([trail.NewEntry("cases.case:43", timezone.now(), "", Source.DESK, "receive")])
    update(forged, id=sealed.last_id + 1)

    assert faults() == ["seal 2: 1 entries were sealed, 2 are there."]


@pytest.mark.parametrize(
    "change",
    [
        {"sealed_at": F("sealed_at") + timedelta(microseconds=1)},
        {"root": "0" * 64},
        {"count": 6},
        {"first_id": 0},
        {"hash": "0" * 64},
        {"previous": "1" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_altered_seal(sealed: Seal, change: dict[str, object]) -> None:
    Seal.objects.update(**change)

    assert "seal 1: The seal was changed after it was made." in faults()


def seal_another(by: Callable[[], None]) -> None:
    by()
    assert trail.seal(timezone.now()) is not None


def test_a_seal_removed_from_the_middle(sealed: Seal, support: Department) -> None:
    seal_another(support.save)
    seal_another(support.save)
    Seal.objects.filter(number=2).delete()

    assert faults() == ["seal 3: Seal 2 before it is missing."]


def test_the_last_seal_removed(sealed: Seal, support: Department) -> None:
    seal_another(support.save)
    Seal.objects.filter(number=2).delete()

    assert faults() == ["seal 2: The seals do not end with the one that was made last."]


def test_a_seal_forged_over_a_shortened_journal(subject: str, sealed: Seal) -> None:
    """Made consistent in itself, but it is not the seal that was made."""
    Entry.objects.filter(subject="cases.case:42").delete()
    Chain.objects.filter(subject="cases.case:42").delete()
    tree = verification.Merkle()
    ids = []
    for pk, hash_ in Entry.objects.order_by("id").values_list("id", "hash"):
        ids.append(pk)
        tree.add(hash_)
    values = (1, sealed.sealed_at, ids[0], ids[-1], tree.count, tree.root(), sealed.previous)
    Seal.objects.update(last_id=ids[-1], count=tree.count, root=tree.root(), hash=seal_hash(*values))

    assert faults() == ["seal 1: The seals do not end with the one that was made last."]
