"""manage.py attachments: files without a row, and rows without a file."""

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.core.files.storage import Storage
from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.cases.models import Attachment

SETTLED = timedelta(hours=1)  # younger ones may belong to a transaction that is still open


def stored(storage: Storage, folder: str = "") -> Iterator[str]:
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:  # nothing was ever attached
        return
    for name in names:
        yield f"{folder}/{name}" if folder else name
    for each in folders:
        yield from stored(storage, f"{folder}/{each}" if folder else each)


class Command(BaseCommand):
    help = "Name files that belong to no case, and attachments whose file is missing; --remove deletes the former."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--remove", action="store_true", help="delete the files that belong to no case")

    def handle(self, *, remove: bool, **options: Any) -> None:
        storage = Attachment._meta.get_field("file").storage
        there = set(stored(storage))
        known = set(Attachment.objects.values_list("file", flat=True))
        before = timezone.now() - SETTLED
        for name in sorted(name for name in there - known if storage.get_modified_time(name) < before):
            self.stdout.write(f"belongs to no case: {name}")
            if remove:
                storage.delete(name)
        for row in Attachment.objects.filter(file__in=known - there).select_related("case").order_by("case", "pk"):
            self.stdout.write(f"missing: {row.case.number} {row.name} ({row.file.name})")
