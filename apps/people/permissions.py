"""What each role may do in the admin: the one table.

It speaks of the admin's pages only. Whether a person may do a verb to a case is decided by `apps.cases.checks`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from django.apps import apps

from apps.audit.guards import history_models

from .models import Role

ALL = "*"
VIEW = frozenset({"view"})
EDIT = frozenset({"view", "add", "change"})
ARRANGE = frozenset({"view", "add", "change", "delete"})
REDACT = frozenset({"view", "request", "approve"})  # two different people for one redaction: the journal sees to that
# Seeing masked personal data in the audit views, for a reason that becomes an entry, is no matter of the role alone: only
# auditors of a team with this skill may. By default no team has it; to give or to take it is an entry too.
UNMASK, UNMASKS = "audit.unmask_entry", "personal-data"


@dataclass(frozen=True)
class Grant:
    """`actions` on the named models of one app; `ALL` means each of its models, and needs no upkeep here."""

    app: str
    models: tuple[str, ...]
    actions: frozenset[str]

    def codenames(self) -> Iterable[str]:
        """Permissions as Django spells them, for example "cases.view_case"; of a history table never more than to view."""
        past = history_models()
        for model in apps.get_models():
            named = model._meta.model_name
            if model._meta.app_label == self.app and (self.models == (ALL,) or named in self.models):
                actions = self.actions & VIEW if model in past else self.actions
                yield from (f"{self.app}.{action}_{named}" for action in actions)


NEAR_MISSES = Grant("nearmiss", ("nearmiss",), VIEW)  # which of them, their queryset says: those of the safety team

# Users, teams and the like are never deleted: the record names them. What only ties two of them together may go.
GRANTS: dict[str, tuple[Grant, ...]] = {
    Role.OPERATOR: (),
    Role.RESPONDER: (Grant("cases", (ALL,), VIEW), NEAR_MISSES),
    Role.LEAD: (Grant("cases", (ALL,), VIEW), Grant("cases", ("cannedreply",), EDIT), NEAR_MISSES),
    Role.MANAGER: (
        Grant("audit", ("redaction",), REDACT),
        NEAR_MISSES,
        Grant("cases", (ALL,), VIEW),
        Grant("cases", ("cannedreply",), EDIT),
        Grant("notifications", (ALL,), VIEW),
        Grant("people", (ALL,), VIEW),
        Grant("people", ("user", "department", "team", "skill"), EDIT),
        Grant("people", ("membership", "teamskill", "shift"), ARRANGE),
    ),
    Role.POLICY_OWNER: (
        Grant("audit", ("redaction",), REDACT),
        Grant("cases", (ALL,), VIEW),
        Grant("cases", ("cannedreply",), EDIT),
        Grant("cases", ("retention",), ARRANGE),
        Grant("notifications", (ALL,), frozenset({"view", "change"})),
        Grant("people", (ALL,), VIEW),
        Grant("people", ("level",), EDIT),
        Grant("policy", (ALL,), ARRANGE),
    ),
    Role.AUDITOR: (
        *(Grant(app, (ALL,), VIEW) for app in ("audit", "cases", "notifications", "people", "policy")),
        Grant("audit", ("verification",), frozenset({"request"})),
    ),
}


@cache
def permissions_of(role: str) -> frozenset[str]:
    """All permissions of one role as "app.codename"."""
    return frozenset(codename for grant in GRANTS[role] for codename in grant.codenames())
