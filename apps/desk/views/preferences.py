"""A person's own settings, and when they are on duty."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.desk.forms import PreferencesForm
from apps.desk.views.signed_in import SignedIn
from apps.people.models import Shift, User

SHIFTS_SHOWN = 20


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: SignedIn) -> HttpResponse:
    user = User.objects.get(pk=request.user.pk)  # a copy: what the form puts into it must not show in the page's frame
    form = PreferencesForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        with translation.override(user.language):
            messages.success(request, _("Your settings are saved."))
        response = redirect("preferences")
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)  # it would outweigh the language just chosen
        return response
    shifts = Shift.objects.filter(user=user, ends_at__gt=timezone.now()).select_related("team")[:SHIFTS_SHOWN]
    return render(request, "desk/preferences.html", {"here": "preferences", "form": form, "shifts": shifts})
