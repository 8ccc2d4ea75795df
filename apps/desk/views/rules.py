"""The rules as they are now, for everybody who works by them: drawn from the policy itself, never beside it."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.desk import drawing
from apps.desk.forms import IMPACTS, URGENCIES
from apps.desk.views.signed_in import SignedIn
from apps.policy.flow import Flow, flow
from apps.policy.models import Category, Impact, Priority, Urgency
from apps.policy.rulebook import current_version_id


@login_required
@require_safe
def rules(request: SignedIn) -> HttpResponse:
    """`?kind=` narrows to a kind of case: its triggers, its checklist, its destination."""
    categories = list(Category.objects.filter(is_active=True))
    category = next((each for each in categories if each.code == request.GET.get("kind")), None)
    found = flow(current_version_id(), category)
    context = {
        "here": "contacts",
        "flow": found,
        "categories": categories,
        "category": category,
        "grid": _grid(found),
        "urgencies": [text for _code, text in URGENCIES],
        "lanes": [(lane, drawing.draw(lane)) for lane in found.lanes],
        "width": drawing.WIDTH,
        "box_width": drawing.BOX_WIDTH,
        "rail": drawing.RAIL,
    }
    return render(request, "desk/rules.html", context)


def _grid(found: Flow) -> list[tuple[str, list[Priority]]]:
    """A row for each impact: its sentence, and the priority for each urgency."""
    cells = {cell: lane.priority for lane in found.lanes for cell in lane.when}
    sentences = dict(IMPACTS)
    return [(str(sentences[impact]), [cells[impact, urgency] for urgency in Urgency]) for impact in Impact]
