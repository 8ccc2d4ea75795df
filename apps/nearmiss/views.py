"""The anonymous pages. They never look at who is signed in, and put the receipt code into no address and no session."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.nearmiss import actions, limits
from apps.nearmiss.forms import AddForm, CodeForm, ReportForm
from apps.nearmiss.models import NearMiss

REPORTS, LOOKS = 10, 20  # of one device in ten minutes


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """The form; a POST answers with the receipt code itself, as a redirect would have to carry it along."""
    if request.method != "POST":
        return render(request, "nearmiss/report.html", {"form": ReportForm()})
    form = ReportForm(request.POST, request.FILES)
    if limits.is_too_often(request, "report", at_most=REPORTS):
        form.add_error(
            None, _("That were many reports within a few minutes. Please wait ten minutes and send it again.")
        )
        return render(request, "nearmiss/report.html", {"form": form}, status=429)
    if not form.is_valid():
        return render(request, "nearmiss/report.html", {"form": form})
    code = actions.report(form.cleaned_data["token"], form.sheet(), form.cleaned_data["photos"], now=timezone.now())
    return render(request, "nearmiss/thanks.html", {"code": code, "department": form.cleaned_data["department"]})


@never_cache
@require_safe
def ask(request: HttpRequest) -> HttpResponse:
    """Where the code is typed."""
    return render(request, "nearmiss/ask.html", {"form": CodeForm()})


@never_cache
@require_POST
def receipt(request: HttpRequest) -> HttpResponse:
    """The near miss of the code that was sent, with its answers; with `text` facts are added to it."""
    form = CodeForm(request.POST)
    if limits.is_too_often(request, "receipt", at_most=LOOKS):
        form.add_error("code", _("That were many tries within a few minutes. Please wait ten minutes."))
        return render(request, "nearmiss/ask.html", {"form": form}, status=429)
    if not form.is_valid():
        return render(request, "nearmiss/ask.html", {"form": form})
    found = actions.find(form.cleaned_data["code"])
    if found is None:
        form.add_error("code", _("We know no report with this code. Please check every letter."))
        return render(request, "nearmiss/ask.html", {"form": form}, status=404)
    if "add" not in request.POST:
        return _thread(request, found, form.cleaned_data["code"], AddForm())
    facts = AddForm(request.POST, request.FILES)
    if not facts.is_valid():
        return _thread(request, found, form.cleaned_data["code"], facts)
    actions.add(found, facts.cleaned_data["text"], facts.cleaned_data["photos"], now=timezone.now())
    found.refresh_from_db()
    return _thread(request, found, form.cleaned_data["code"], AddForm(), is_added=True)


def _thread(request: HttpRequest, found: NearMiss, code: str, form: AddForm, *, is_added: bool = False) -> HttpResponse:
    context = {
        "near_miss": found,
        "thread": list(found.messages.all()),  # without their writers: the team answers
        "photos": found.photos.exclude(file="").count(),
        "code": code,
        "form": form,
        "is_added": is_added,
    }
    return render(request, "nearmiss/receipt.html", context)
