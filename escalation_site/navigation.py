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
        "link": _with_query(path, f"queue={queue}"),
        "active": lambda request: request.path == str(path) and request.GET.get("queue", "open") == queue,
    }


def _with_query(path: Any, query: str) -> Callable[[HttpRequest], str]:
    return lambda _request: f"{path}?{query}"


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's groups of links; for somebody who only audits, the audit comes first."""
    groups = _groups()
    if not (request.user.is_authenticated and request.user.only_audits):
        return groups
    cases = {"title": _("Cases"), "separator": True, "items": [_queue(_("All cases"), "folder", "all")]}
    return [groups[-1], cases, *groups[1:-1]]


def _groups() -> list[dict[str, Any]]:
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
                _list(_("Near misses"), "health_and_safety", "nearmiss.nearmiss"),
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
                _list(_("Canned replies"), "quickreply", "cases.cannedreply"),
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
        _audit(),
    ]


def _audit() -> dict[str, Any]:
    """The auditor's group: where to begin, the journal, and its usual views."""
    may = _may("audit.view_entry")
    journal = reverse_lazy("admin:audit_entry_changelist")
    views = {"looked": "action=looked", "rules": "kind=policy.", "sign_ins": "action=sign_ins"}

    def is_plain(request: HttpRequest) -> bool:
        return request.path == str(journal) and request.GET.urlencode() not in views.values()

    def view(title: Any, icon: str, query: str) -> dict[str, Any]:
        return {
            "title": title,
            "icon": icon,
            "link": _with_query(journal, query),
            "active": lambda request: request.path == str(journal) and request.GET.urlencode() == query,
            "permission": may,
        }

    return {
        "title": _("Audit"),
        "separator": True,
        "items": [
            {
                "title": _("Today in the journal"),
                "icon": "today",
                "link": reverse_lazy("admin:audit_entry_today"),
                "permission": may,
            },
            _list(_("Journal"), "history", "audit.entry") | {"active": is_plain},
            view(_("Who looked"), "visibility", views["looked"]),
            view(_("Changes of the rules"), "rule", views["rules"]),
            view(_("Sign-ins"), "login", views["sign_ins"]),
            _list(_("Proof"), "verified_user", "audit.verification"),
            _list(_("Seals"), "lock", "audit.seal"),
            _list(_("Redactions"), "ink_eraser", "audit.redaction"),
            # everybody may know them; in the way of those only who redact
            _list(_("Retention periods"), "auto_delete", "cases.retention")
            | {"permission": _may("audit.view_redaction")},
        ],
    }
