"""What makes the desk an app on a phone: its manifest, its service worker, and the page for when the network is away."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

ICONS = (
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("icon-512.png", "512x512", "maskable"),
)


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    content = {
        "name": _("Esukare, the escalation desk"),
        "short_name": _("Esukare"),
        "lang": request.LANGUAGE_CODE,  # type: ignore[attr-defined]  # LocaleMiddleware's
        "start_url": reverse("home"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#f5f3ee",
        "theme_color": "#24406e",
        "icons": [
            {"src": static(f"desk/{file}"), "sizes": sizes, "type": "image/png", "purpose": purpose}
            for file, sizes, purpose in ICONS
        ],
        "shortcuts": [{"name": _("Report a problem"), "url": reverse("report")}],
    }
    return JsonResponse(content, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})


@never_cache
@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """Rendered, as the names of static files carry their version; a new one is a new worker."""
    return render(request, "desk/sw.js", content_type="text/javascript")


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Kept by the service worker: it may name nobody, for it stays on the phone after signing out."""
    return render(request, "desk/offline.html")
