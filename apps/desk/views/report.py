"""Reporting a problem."""

from __future__ import annotations

import json

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.cases import checks
from apps.cases.checks import Refused
from apps.desk import limits, sending
from apps.desk.forms import ReportForm
from apps.desk.views.signed_in import SignedIn, go_to
from apps.policy.rulebook import current_version_id, get_rulebook


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
    rulebook = get_rulebook(current_version_id())
    form = ReportForm(request.POST or None, request.FILES or None, now=now, team=team, rulebook=rulebook)
    if request.method == "POST" and form.is_valid():
        try:
            made = sending.send(
                form.cleaned_data["token"], form.sheet(), by=user, team=team, now=now, order=form.order()
            )
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.sentence)
        except sending.SentBefore as before:
            form.renew_token()
            sentence = _("This form was sent before and became %(number)s. To report another case, send it again.")
            form.add_error(None, sentence % {"number": before.case.number})
        else:
            messages.success(request, _("Thank you for reporting it. It is %(number)s now.") % {"number": made.number})
            return go_to(request, reverse("case", args=[made.number]))
    if form.is_bound and "token" in form.errors:
        form.renew_token()
    context = {
        "here": "report",
        "form": form,
        "team": team,
        "limits": json.dumps(limits.by_answer(rulebook), ensure_ascii=False),
        "alarms": json.dumps(limits.by_flag(rulebook), ensure_ascii=False),
    }
    return render(request, "desk/report.html", context)
