"""manage.py check_integrity: walk all cases and name every one that breaks an invariant."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.cases import integrity
from apps.cases.models import Case


class Command(BaseCommand):
    help = "Check every case against the invariants of its state, clocks and hand-offs. Exits 1 if any is broken."

    def handle(self, **options: Any) -> None:
        broken = 0
        for breach in integrity.faults():
            broken += 1
            self.stdout.write(str(breach))
        if broken:
            raise CommandError(f"{broken} faults found.")
        self.stdout.write(f"{Case.objects.count()} cases checked, no fault found.")
