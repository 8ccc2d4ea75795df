"""The customer, by a signed link."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.audit.models import Source
from apps.cases import actions, confirmation
from apps.cases.checks import Refused
from apps.cases.ledger import one_case
from apps.cases.models import Case, Confirmation, State
from apps.desk.forms import NotSettledForm, SettledForm


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The customer's page: is it settled? No sign-in; the signed link names one resolution of one case."""
    try:
        pk, reopenings = confirmation.case_id(token, timezone.now())
    except Refused as refused:
        return render(request, "desk/confirm_closed.html", {"sentence": refused.sentence}, status=404)
    found = Case.objects.get(pk=pk)  # signed by us, and a case is never deleted
    if sentence := _why_closed(found, reopenings):
        return render(request, "desk/confirm_closed.html", {"sentence": sentence, "case": found})
    is_settled = request.POST.get("answer") == "settled"
    settled = SettledForm(request.POST if request.method == "POST" and is_settled else None)
    not_settled = NotSettledForm(request.POST if request.method == "POST" and not is_settled else None)
    form, refusal = settled if is_settled else not_settled, ""
    if form.is_valid():
        try:
            _answer(pk, reopenings, is_settled, form.cleaned_data)
        except Refused as refused:
            refusal = refused.sentence
        else:
            return redirect("confirm", token)
    context = {
        "case": found,
        "customer": found.customer.removesuffix("様").rstrip(),  # often noted with the honorific that the letter adds
        "settled": settled,
        "not_settled": not_settled,
        "refusal": refusal,
    }
    return render(request, "desk/confirm.html", context)


def _answer(pk: int, reopenings: int, is_settled: bool, values: dict[str, Any]) -> None:
    with one_case(pk, source=Source.LINK) as (case, book):
        if sentence := _why_closed(case, reopenings):
            raise Refused("link", sentence)
        if is_settled:
            actions.confirm(case, book, by=None, now=timezone.now(), satisfaction=values["satisfaction"])
        else:
            actions.reopen(case, book, by=None, now=timezone.now(), reason=values["reason"])


def _why_closed(case: Case, reopenings: int) -> str:
    """Why the link asks nothing any more; "" while it does. It names one resolution; a reopened case gets another."""
    if case.reopenings != reopenings and case.state in (State.RESOLVED, State.REVIEWED):
        return _("There is a newer answer to this matter. Please use the link in our latest mail.")
    if case.reopenings != reopenings:
        return _("Thank you for telling us. We are working on it again and will write to you as soon as it is settled.")
    if case.confirmation == Confirmation.SETTLED:
        return _("Thank you very much for your answer. We are glad that the matter is settled.")
    if case.state != State.RESOLVED:
        return _("This matter has been closed. If anything is still wrong, please contact us; we will be glad to help.")
    return ""
