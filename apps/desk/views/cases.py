"""What the person has to do with: the first page, the lists, the page of one case with its dialogs."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.audit.models import Source
from apps.cases import looking, showing, verbs
from apps.cases.checks import Refused
from apps.cases.forms import VerbForm
from apps.cases.models import Case, State
from apps.cases.models.choices import OPEN_STATES
from apps.desk import casepage
from apps.desk.lines import lines, look
from apps.desk.views.signed_in import SignedIn, go_to

WAITING_SHOWN, MINE_SHOWN, SETTLED_SHOWN, PAGE = 20, 50, 5, 20

TABS = {
    "reported": (gettext_lazy("Reported by me"), gettext_lazy("You have not reported anything yet.")),
    "held": (gettext_lazy("In my hands"), gettext_lazy("Nothing is in your hands.")),
    "team": (gettext_lazy("My team's"), gettext_lazy("Your team has no case.")),
}


@login_required
@require_safe
def home(request: SignedIn) -> HttpResponse:
    user, now = request.user, timezone.now()
    mine = Case.objects.filter(Q(reporter=user) | Q(owner=user))
    settled = mine.filter(state=State.RESOLVED).order_by("-resolved_at")
    waiting, in_hand, recent = lines(
        user,
        now,
        Case.objects.inbox_of(user).by_urgency()[:WAITING_SHOWN],
        mine.open().by_urgency()[:MINE_SHOWN],
        settled[:SETTLED_SHOWN],
    )
    context = {"here": "home", "waiting": waiting, "mine": in_hand, "settled": recent}
    return render(request, "desk/home.html", context)


@login_required
@require_safe
def cases(request: SignedIn) -> HttpResponse:
    user, now = request.user, timezone.now()
    tab = request.GET.get("of", "reported")
    if tab not in TABS:
        tab = "reported"
    narrow = {
        "reported": Q(reporter=user),
        "held": Q(owner=user, state__in=[*OPEN_STATES, State.RESOLVED]),
        "team": Q(team__in=[m.team_id for m in user.membership_list]),
    }[tab]
    is_closed = models.Case(models.When(state__in=OPEN_STATES, then=0), default=1)
    found = Case.objects.visible_to(user).filter(narrow).order_by(is_closed, "-received_at", "-pk")
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    on_page: QuerySet[Case] = page.object_list  # type: ignore[assignment]  # a slice of `found`
    context = {
        "here": "cases",
        "tabs": [(name, label) for name, (label, _empty) in TABS.items()],
        "tab": tab,
        "empty": TABS[tab][1],
        "page": page,
        "lines": lines(user, now, on_page)[0],
    }
    return render(request, "desk/cases.html", context)


@login_required
@require_safe
def case(request: SignedIn, number: str) -> HttpResponse:
    return _case_page(request, number)


@login_required
@require_POST
def looked(request: SignedIn, number: str) -> HttpResponse:
    """Sent by the page's script when it is shown; a GET must leave no trace."""
    look(casepage.read(Case.objects.visible_to(request.user), number), request.user, timezone.now())
    return HttpResponse(status=204)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def verb(request: SignedIn, number: str, name: str) -> HttpResponse:
    """The case page with the verb's dialog open; POST does it. A refusal is shown there, with all that was typed."""
    if name not in verbs.VERBS:
        raise Http404
    spec = verbs.VERBS[name]
    if request.method != "POST":
        return _case_page(request, number, spec=spec)
    try:
        return _do(request, number, spec)
    except Http404:  # it is not open to the person, or went out of their sight while they typed
        return showing.not_here(request, spec)


def _do(request: SignedIn, number: str, spec: verbs.VerbSpec) -> HttpResponse:
    user = request.user
    found = casepage.read(Case.objects.visible_to(user), number)
    form = spec.form(request.POST, request.FILES, case=found, user=user)
    refusal = verbs.refusal(found, spec.name, user)
    if refusal is None and form.is_valid():
        try:
            verbs.run_verb(found.pk, spec.name, user, form.values(), Source.DESK, seen=form.cleaned_data["seen"])
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("Recorded: %(verb)s.") % {"verb": spec.label})
            may_still_see = Case.objects.visible_to(user).filter(pk=found.pk).exists()
            return go_to(request, reverse("case", args=[number]) if may_still_see else reverse("home"))
    return _case_page(request, number, spec=spec, form=form, refusal=refusal)


def _case_page(
    request: SignedIn,
    number: str,
    *,
    spec: verbs.VerbSpec | None = None,
    form: VerbForm | None = None,
    refusal: Refused | None = None,
) -> HttpResponse:
    now = timezone.now()
    context = casepage.context(request.user, number, now, spec=spec, form=form, refusal=refusal)
    if request.method == "GET":
        looking.opened(context["case"], by=request.user, now=now, source=Source.DESK)
    return render(request, "desk/case.html", context)
