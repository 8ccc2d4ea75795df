"""`manage.py rehearse_redactions`: what the retention periods would propose now. Nothing is written."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit import redactions


class Command(BaseCommand):
    help = "Show which personal data has outlived its retention period, without writing anything."

    def handle(self, *args: Any, **options: Any) -> None:
        found = redactions.rehearse(timezone.now())
        for due in found:
            self.stdout.write(f"{due.why} ({len(due.subjects)})")
            for subject in due.subjects:
                self.stdout.write(f"  {subject}")
        if not found:
            self.stdout.write(_("No retention period is over, or none is set."))
