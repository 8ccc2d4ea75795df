"""The admin's first page as a whole: what waits, and under it the figures."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from apps.cases.admin import queues
from apps.cases.admin.first_page import first_page as what_waits
from apps.insights import charts, dashboard


def first_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's dashboard callback. At most 15 statements a page with those of the session, however many cases."""
    context = what_waits(request, context)
    now, user = timezone.now(), queues.reader(request)
    if not user.has_perm("cases.view_case"):
        return context
    return context | {
        "charts": {
            "escalations": charts.escalation_chart(dashboard.escalations_per_day(user, now)),
            "acceptance": charts.acceptance_chart(dashboard.times_to_accept(user, now)),
            "load": charts.load_chart(dashboard.load_per_team(user, [duty.team for duty in context["duties"]])),
        }
    }
