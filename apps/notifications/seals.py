"""The day's seal by mail to those outside who keep it (settings.SEAL_MAIL_TO); see `apps.audit.witness`."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from apps.audit import witness
from apps.audit.models import SealReport
from apps.notifications import outbox
from apps.notifications.models import Key, Why


def mail(now: datetime) -> int:
    """Put the mails about today's seal into the outbox, once; returns how many."""
    if not settings.SEAL_MAIL_TO:
        return 0
    report = witness.report(now)
    if report is None:
        return 0
    with transaction.atomic():
        if not SealReport.objects.filter(pk=report.pk, mailed_at=None).update(mailed_at=now):
            return 0
        context = {name: str(value) for name, value in witness.payload(report).items()}
        keepers = [outbox.Outsider(address, settings.LANGUAGE_CODE) for address in settings.SEAL_MAIL_TO]
        notice = outbox.Notice(
            about=f"audit.seal:{report.seal_id}",
            key=Key.SEALS,
            recipients=keepers,
            context=context | {"sealed_at": report.seal.sealed_at, "url": ""},
            why=Why.WITNESS,
        )
        return len(outbox.put([notice], now))
