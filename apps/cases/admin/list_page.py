"""What the page of a list shows: tabs with counts, saved views, chips, rows, the ways on and back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.cases import verbs
from apps.cases.admin import bulk, filters, paging, queues, saved_views
from apps.cases.admin.criteria import FILTERS, Criteria
from apps.cases.models import Case
from apps.cases.templatetags.case_words import Badge
from apps.cases.veil import Veil
from apps.people.models import User

# What stands under one heading, and by what each may be sorted.
HEADINGS: tuple[tuple[tuple[str, str | Promise], ...], ...] = (
    (("number", gettext_lazy("number")), ("subject", gettext_lazy("subject"))),
    (("state", gettext_lazy("state")), ("priority", gettext_lazy("priority"))),
    (("level", gettext_lazy("level")), ("team", gettext_lazy("team"))),
    (("owner", gettext_lazy("owner")),),
    (("deadline", gettext_lazy("deadline")),),
    (("age", gettext_lazy("age")),),
)


@dataclass(frozen=True, slots=True)
class QueueTab:
    queue: queues.Queue
    count: str
    query: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class ViewTab:
    tab: saved_views.Tab
    count: str


@dataclass(frozen=True, slots=True)
class Sorter:
    """`direction`: as `aria-sort` says it, empty if the list is not sorted by it."""

    label: str
    query: str
    direction: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row. `may_accept`: it waits for a team of the person who looks."""

    case: Case
    badge: Badge
    seen: str
    value: str
    may_accept: bool


def list_page(asked: QueryDict, user: User, now: datetime, *, dialog: str = "", form: Any = None) -> dict[str, Any]:
    """The context of the page. `dialog` is open; `form` holds what was typed into it. Four statements, however many
    rows; the labels of filters and the drawer one more each."""
    criteria = Criteria.read(asked)
    complaints = list(criteria.complaints)
    visible = queues.visible(user)
    views = saved_views.tabs(user, asked.get("view", ""))
    current = next((tab for tab in views if tab.is_current), None)
    if asked.get("view") and current is None:
        complaints.append(_("That saved list is no longer there, or not shared with you."))
    cases = queues.with_urgency(criteria.narrow(visible, user, now)).select_related("team", "level", "owner")
    cases = cases.prefetch_related(queues.clocks())
    try:
        page = paging.read_page(cases, criteria.keys, after=asked.get("after", ""), before=asked.get("before", ""))
    except paging.Lost:
        complaints.append(_("That place in the list was not found; you see its beginning."))
        page = paging.read_page(cases, criteria.keys)
    counts = queues.counts(
        user,
        {name: queue.narrow(visible, user, now) for name, queue in queues.QUEUES.items()}
        | {f"view_{tab.view.pk}": tab.criteria.narrow(visible, user, now) for tab in views},
    )
    here = criteria.query() + (f"&{urlencode({'view': current.view.pk})}" if current else "")
    teams = {each.team_id for each in user.membership_list}
    Veil(*page.rows, reader=user).cover(*page.rows)
    return {
        "list_url": reverse("admin:cases_case_changelist"),
        "criteria": criteria,
        "here": here,
        "complaints": complaints,
        "queue_tabs": [
            QueueTab(
                queue,
                queues.in_words(counts[name]),
                criteria.query(queue=name),
                is_current=current is None and criteria.queue is queue,
            )
            for name, queue in queues.QUEUES.items()
        ],
        "view_tabs": [ViewTab(tab, queues.in_words(counts[f"view_{tab.view.pk}"])) for tab in views],
        "current_view": current,
        "chips": filters.chips(criteria, visible),
        "headings": _headings(criteria),
        "page": page,
        "before": f"{here}&{urlencode({'before': page.before})}" if page.before else "",
        "after": f"{here}&{urlencode({'after': page.after})}" if page.after else "",
        "rows": [_line(case, teams, now) for case in page.rows],
        "verbs": bulk.offered(user),
        "in_all": criteria.query(queue="all", but=FILTERS) if criteria.words else "",
        "unfiltered": criteria.query(but=[*FILTERS, "q"]),
        "dialog": dialog,
        "save_form": form if dialog == "save" and form else saved_views.ViewForm(user=user, query=criteria.query()),
        "view_form": _view_form(current, user, criteria, form if dialog == "view" else None),
        "drawer": filters.drawer(criteria, visible) if dialog == "filters" else None,
        "kept": criteria.pairs(but=FILTERS),
        "searched_in": criteria.pairs(but=["q"]),
    }


def _line(case: Case, teams: set[int], now: datetime) -> Line:
    seen = verbs.fingerprint(case)
    may_accept = case.state == "ESCALATED" and case.team_id in teams
    return Line(case, queues.badge_of(case, now), seen, bulk.row_value(case.pk, seen), may_accept)


def _headings(criteria: Criteria) -> list[list[Sorter]]:
    """A click sorts by the column, one more turns it round, a third goes back to the list's own order."""
    found = []
    for heading in HEADINGS:
        sorters = []
        for name, label in heading:
            if criteria.order == name:
                sorters.append(Sorter(str(label), criteria.query(order=f"-{name}"), "ascending"))
            elif criteria.order == f"-{name}":
                sorters.append(Sorter(str(label), criteria.query(order=""), "descending"))
            else:
                sorters.append(Sorter(str(label), criteria.query(order=name), ""))
        found.append(sorters)
    return found


def _view_form(
    current: saved_views.Tab | None, user: User, criteria: Criteria, typed: saved_views.ViewForm | None
) -> saved_views.ViewForm | None:
    if typed is not None:
        return typed
    if current is None or not current.may_change:
        return None
    return saved_views.ViewForm(user=user, instance=current.view, query=criteria.query())
