"""What is masked on the page of a case, shown to whoever asks for it and may see the case."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.audit.models import Source
from apps.cases import looking
from apps.cases.admin.showing import answer
from apps.cases.checks import Refused
from apps.cases.models import Case
from apps.desk import casepage
from apps.desk.views.signed_in import SignedIn


@login_required
@require_POST
def show(request: SignedIn, number: str) -> HttpResponse:
    case = casepage.read(Case.objects.visible_to(request.user), number)
    field, reason, now = request.POST.get("field", ""), request.POST.get("reason", ""), timezone.now()
    page = reverse("case", args=[number])
    try:
        value = looking.show(case, field, by=request.user, now=now, source=Source.DESK, reason=reason)
    except Refused as refused:
        return answer(request, refused.sentence, page, status=403)
    return answer(request, value, page)
