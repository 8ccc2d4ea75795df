"""The admin's sidebar, in the order in which people need it; everybody sees only what they may open."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


def _list(title: Any, icon: str, model: str) -> dict[str, Any]:
    """The list of a model ("app.model") for those who may view it."""
    app, name = model.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": _may(f"{app}.view_{name}"),
    }


def _queue(title: Any, icon: str, queue: str) -> dict[str, Any]:
    """A list of cases; Unfold itself would light up all of them, as they differ by their query only."""
    item = _list(title, icon, "cases.case")
    path = item["link"]
    return item | {
        "link": _with_query(path, queue),
        "active": lambda request: request.path == str(path) and request.GET.get("queue", "all") == queue,
    }


def _with_query(path: Any, queue: str) -> Callable[[HttpRequest], str]:
    return lambda _request: f"{path}?queue={queue}"


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's groups of links."""
    return [
        {
            "items": [
                {"title": _("What waits for me"), "icon": "home", "link": reverse_lazy("admin:index")},
                _queue(_("My inbox"), "inbox", "inbox"),
                _queue(_("Mine in progress"), "person", "mine"),
                _queue(_("Overdue"), "alarm", "overdue"),
                _queue(_("All open"), "folder_open", "open"),
                _queue(_("All cases"), "folder", "all"),
                {"title": _("Front desk"), "icon": "support_agent", "link": "/", "active": lambda _request: False},
            ],
        },
        {
            "title": _("On the record"),
            "separator": True,
            "items": [
                _list(_("Hand-offs"), "swap_horiz", "cases.handoff"),
                _list(_("Clocks"), "schedule", "cases.deadline"),
                _list(_("Messages"), "mail", "notifications.message"),
            ],
        },
        {
            "title": _("Rules"),
            "separator": True,
            "items": [
                _list(_("Policy versions"), "rule", "policy.version"),
                _list(_("Escalation paths"), "stairs", "policy.ladder"),
                _list(_("Business calendars"), "calendar_month", "policy.calendar"),
                _list(_("Kinds of case"), "category", "policy.category"),
            ],
        },
        {
            "title": _("Organisation"),
            "separator": True,
            "items": [
                _list(_("Duty shifts"), "event_available", "people.shift"),
                _list(_("Members"), "group", "people.user"),
                _list(_("Teams"), "groups", "people.team"),
                _list(_("Departments"), "account_tree", "people.department"),
                _list(_("Levels"), "signal_cellular_alt", "people.level"),
                _list(_("Skills"), "school", "people.skill"),
            ],
        },
        {
            "title": _("Audit"),
            "separator": True,
            "items": [
                _list(_("Journal"), "history", "audit.entry"),
                _list(_("Proof"), "verified_user", "audit.verification"),
                _list(_("Seals"), "lock", "audit.seal"),
                _list(_("Redactions"), "ink_eraser", "audit.redaction"),
                _list(_("Retention periods"), "auto_delete", "cases.retention"),
            ],
        },
    ]
