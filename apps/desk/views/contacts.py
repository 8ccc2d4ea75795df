"""Who can help now: by department and level, those on duty first, reachable with one tap."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.desk import contacts as book
from apps.desk.views.signed_in import SignedIn


@login_required
@require_safe
def contacts(request: SignedIn) -> HttpResponse:
    context = {"here": "contacts", "departments": book.by_department(request.user, timezone.now())}
    return render(request, "desk/contacts.html", context)
