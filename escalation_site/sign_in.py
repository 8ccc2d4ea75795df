"""Who signs in from where, and what they read when they have guessed too often (django-axes asks for both)."""

from datetime import timedelta
from ipaddress import ip_address
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

MINUTE = timedelta(minutes=1)


def address_of(request: HttpRequest) -> str | None:
    """Where the request comes from. Behind the balancer (HTTPS=true) it is the last of X-Forwarded-For, which the
    balancer itself added: what stands before it, a client may have made up."""
    direct = request.META.get("REMOTE_ADDR")
    if not settings.HTTPS:
        return direct
    told = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
    try:
        return str(ip_address(told))
    except ValueError:
        return direct


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: dict[str, Any] | None) -> HttpResponse:
    """The page that says when to try again. It says the same for a name that nobody has."""
    failures = AccessAttempt.objects.filter(
        username=(credentials or {}).get("username"), ip_address=address_of(request)
    )
    last = failures.aggregate(last=Max("attempt_time"))["last"] or timezone.now()
    again_at = last + settings.AXES_COOLOFF_TIME
    page = render(
        request,
        "registration/locked_out.html",
        {"again_at": timezone.localtime(again_at) + MINUTE, "failures": settings.AXES_FAILURE_LIMIT},  # a full minute
        status=429,
    )
    page["Retry-After"] = str(max(1, int((again_at - timezone.now()).total_seconds()) + 1))
    return page
