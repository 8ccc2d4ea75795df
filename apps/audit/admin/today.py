"""The auditor's first page: today in numbers, the newest entries, the last seal, the usual questions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit import journal
from apps.audit.admin.base import ReadOnlyAdmin
from apps.audit.journal import LOOKED, SEVERAL, SIGN_INS, Filters
from apps.audit.models import Entry, Seal, has_breach
from apps.audit.telling import lines

NEWEST = 10
SEAL_EVERY = timedelta(hours=2)  # sealing is nudged every hour; one that was missed is no alarm yet


@dataclass(frozen=True, slots=True)
class Number:
    """A count of today and where its entries are shown."""

    label: str
    icon: str
    count: int
    address: str


class TodayPage(ReadOnlyAdmin):
    """Adds `today/` to the journal's addresses."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.today_view)
        return [path("today/", view, name="audit_entry_today"), *super().get_urls()]

    def today_view(self, request: HttpRequest) -> HttpResponse:
        if answer := self.refusal(request):
            return answer
        now = timezone.now()
        last = Seal.objects.first()
        context = {
            **self.admin_site.each_context(request),
            "numbers": _numbers(now),
            "lines": lines(journal.page(Filters(), size=NEWEST).entries),
            "seal": last,
            "is_sealed": last is not None and now - last.sealed_at <= SEAL_EVERY,
            "questions": _questions(),
            "title": _("Audit"),
            "opts": self.opts,
            "media": self.media,
        }
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, "admin/audit/today.html", context)


def _numbers(now: datetime) -> list[Number]:
    """One statement over today's entries alone."""
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    counts = Entry.objects.filter(at__gte=today).aggregate(
        all=Count("id"),
        breaches=Count("id", filter=has_breach()),
        looks=Count("id", filter=Q(action__in=SEVERAL[LOOKED])),
        failures=Count("id", filter=Q(action="sign_in_failed")),
    )
    day = f"since={today:%Y-%m-%d}"
    return [
        Number(_("Entries"), "history", counts["all"], _journal(day)),
        Number(_("Missed limits"), "alarm", counts["breaches"], _journal(f"{day}&breach=on")),
        Number(_("Looks at protected data"), "visibility", counts["looks"], _journal(f"{day}&action={LOOKED}")),
        Number(_("Failed sign-ins"), "no_accounts", counts["failures"], _journal(f"{day}&action=sign_in_failed")),
    ]


def _questions() -> list[tuple[str, str]]:
    return [
        (_("Who changed a rule?"), _journal("kind=policy.&action=changed")),
        (_("Who published the rules?"), _journal("kind=policy.version")),
        (_("Who got or lost a role?"), _journal("kind=people.membership")),
        (_("Which cases changed hands?"), _journal("action=hand_over")),
        (_("Which limits were missed?"), _journal("breach=on")),
        (_("Who looked at protected data?"), _journal(f"action={LOOKED}")),
        (_("Who signed in, who could not?"), _journal(f"action={SIGN_INS}")),
    ]


def _journal(query: str) -> str:
    return f"{reverse('admin:audit_entry_changelist')}?{query}"
