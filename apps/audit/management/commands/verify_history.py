"""`manage.py verify_history`: is the journal still what was written?"""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.audit import trail, words


class Command(BaseCommand):
    """Exit code 1 names the first fault and says how many more there are, or that there is nothing of that name."""

    help = "Verify the audit journal, the history rows and the seals."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--subject", help=_("only the chain of this case number or name of the journal (cases.case:42)")
        )
        parser.add_argument(
            "--since", type=_moment, help=_("only what was written since this moment (ISO 8601; the site's time zone)")
        )

    def handle(self, *args: Any, subject: str | None = None, since: datetime | None = None, **options: Any) -> None:
        if subject is not None and not (named := words.one_named(subject)):
            raise CommandError(_("Nothing, or more than one thing, is called “%(text)s”.") % {"text": subject})
        report = trail.verify(subject=named if subject is not None else None, since=since)
        self.stdout.write(
            _("%(entries)s entries, %(seals)s seals, %(chains)s chains checked")
            % {"entries": f"{report.entries:,}", "seals": f"{report.seals:,}", "chains": f"{report.chains:,}"}
        )
        if report.ok and subject is not None and since is None and not report.entries:
            raise CommandError(_("The journal has no entry of “%(text)s”.") % {"text": subject})
        if report.ok:
            return
        sentence = str(report.faults[0])
        if more := report.fault_count - 1:
            sentence += " " + ngettext("(and %(count)d more)", "(and %(count)d more)", more) % {"count": more}
        raise CommandError(sentence)


def _moment(text: str) -> datetime:
    """A moment, or the beginning of a day."""
    try:
        moment = parse_datetime(text) or parse_datetime(f"{text}T00:00")
    except ValueError:
        moment = None
    if moment is None:
        raise ArgumentTypeError(_("“%(text)s” is not a moment such as 2026-04-01T09:00.") % {"text": text})
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment
