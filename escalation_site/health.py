"""`/healthz`: 200 while clocks are looked at in time, else 503 with the reason. Needs no login, tells of no case."""

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.cases import clock


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    try:
        health = clock.health(timezone.now())
    except DatabaseError:
        return JsonResponse({"healthy": False, "reasons": [_("The database does not answer.")]}, status=503)
    return JsonResponse(
        {
            "healthy": not health.reasons,
            "reasons": health.reasons,
            "failing_clocks": health.failing,
            "swept_at": health.swept_at,
            "waiting_seconds": int(health.waiting.total_seconds()),
            "worst_lateness_seconds": int(health.worst_lateness.total_seconds()),
        },
        status=503 if health.reasons else 200,
    )
