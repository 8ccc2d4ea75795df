"""The policy: what should happen to a case."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

PUBLISHED = "{row}.published_at IS NOT NULL"
# `{row}` is filled in by the guard, `{parent}` here.
PART_OF_PUBLISHED = (
    "EXISTS (SELECT 1 FROM policy_version v WHERE v.id = {row}.version_id AND v.published_at IS NOT NULL)"
)
PART_OF_PART_OF_PUBLISHED = (
    "EXISTS (SELECT 1 FROM policy_{parent} p JOIN policy_version v ON v.id = p.version_id "
    "WHERE p.id = {{row}}.{parent}_id AND v.published_at IS NOT NULL)"
)


class PolicyConfig(AppConfig):
    """Imports `apps.people` and `apps.audit`."""

    name = "apps.policy"
    label = "policy"
    verbose_name = _("Policy")

    def ready(self) -> None:
        from apps.audit import guards  # its models exist only now
        from apps.policy import journal

        guards.register(
            guards.Frozen("policy_version", PUBLISHED, may_enter=True),
            *(
                guards.Frozen(f"policy_{part}", PART_OF_PUBLISHED)
                for part in ("prioritycell", "matrixrow", "ladder", "calendar", "trigger", "checklistitem")
            ),
            *(
                guards.Frozen(f"policy_{part}", PART_OF_PART_OF_PUBLISHED.format(parent=parent))
                for part, parent in (("rung", "ladder"), ("openhours", "calendar"), ("closure", "calendar"))
            ),
        )
        journal.register()
