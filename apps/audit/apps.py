"""What happened, provably."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    """The lowest app: it imports none of ours."""

    name = "apps.audit"
    label = "audit"
    verbose_name = _("Audit")

    def ready(self) -> None:
        from apps.audit import guards, receivers, words  # models exist only now

        receivers.connect()
        words.register(
            words.Kind(
                "audit.redaction", reads=("id",), say=lambda number: f"#{number}", page="admin:audit_redaction_change"
            )
        )
        words.register_actions(
            {
                "proposed": _("Redaction proposed"),
                "requested": _("Redaction asked for"),
                "approved": _("Redaction approved"),
                "declined": _("Redaction declined"),
                "redacted": _("Redaction carried out"),
            }
        )
        pre_migrate.connect(guards.before_migrating, sender=self)
        post_migrate.connect(guards.after_migrating, sender=self)
