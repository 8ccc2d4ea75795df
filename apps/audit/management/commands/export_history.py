"""`manage.py export_history FILE.zip`: the whole history, with what is needed to verify it anywhere."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit import bundle


class Command(BaseCommand):
    """Writes beside the file and puts it in its place when it is complete."""

    help = "Export the audit journal, the history rows and the seals with a stand-alone verify.py."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help=_("the zip file to write"))

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        part = file.with_name(file.name + ".part")
        try:
            with part.open("wb") as out:
                for block in bundle.stream(timezone.now()):
                    out.write(block)
            part.replace(file)
        except OSError as error:
            raise CommandError(_("%(file)s cannot be written: %(error)s") % {"file": file, "error": error}) from error
        finally:
            part.unlink(missing_ok=True)
        self.stdout.write(_("%(file)s written. Verify it with: python3 verify.py") % {"file": file})
