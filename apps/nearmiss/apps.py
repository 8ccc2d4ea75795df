"""Near misses, reported by anybody in the building without a name."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NearMissConfig(AppConfig):
    """Above `apps.cases`: a near miss may become a case."""

    name = "apps.nearmiss"
    label = "nearmiss"
    verbose_name = _("Near misses")

    def ready(self) -> None:
        from apps.audit import guards, personal, redactions  # its models exist only now
        from apps.nearmiss import journal, redaction
        from apps.nearmiss.models import Message, Photo

        for label, blanks in redaction.BLANKS.items():
            personal.register(label, blanks)
        guards.register(redaction.guard(Message), redaction.guard(Photo))
        redactions.register(redaction.NEAR_MISS, redaction.NearMisses())
        journal.register()
