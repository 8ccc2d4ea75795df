"""Reporting a problem."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.cases import checks
from apps.cases.checks import Refused
from apps.desk import sending
from apps.desk.forms import ReportForm
from apps.desk.views.signed_in import SignedIn


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: SignedIn) -> HttpResponse:
    """The escalation sheet. Sending it twice makes one case: see `SentReport`."""
    user, now = request.user, timezone.now()
    team = sending.first_line_team(user)
    try:
        checks.working_member(user)
    except Refused as refused:
        raise PermissionDenied(refused.sentence) from None
    assert team is not None  # noqa: S101 - whoever has a role has it in a team
    form = ReportForm(request.POST or None, now=now, team=team)
    if request.method == "POST" and form.is_valid():
        try:
            made = sending.send(form.cleaned_data["token"], form.sheet(), by=user, team=team, now=now)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.sentence)
        except sending.SentBefore as before:
            form.renew_token()
            sentence = _("This form was sent before and became %(number)s. To report another case, send it again.")
            form.add_error(None, sentence % {"number": before.case.number})
        else:
            messages.success(request, _("Thank you for reporting it. It is %(number)s now.") % {"number": made.number})
            return redirect("case", made.number)
    if form.is_bound and "token" in form.errors:
        form.renew_token()
    return render(request, "desk/report.html", {"here": "report", "form": form, "team": team})
