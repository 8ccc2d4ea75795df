"""Near misses, reported by anybody in the building without a name."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NearMissConfig(AppConfig):
    """Above `apps.cases`: a near miss may become a case."""

    name = "apps.nearmiss"
    label = "nearmiss"
    verbose_name = _("Near misses")

    def ready(self) -> None:
        from apps.audit import guards  # its models exist only now
        from apps.nearmiss import journal

        guards.register(guards.AppendOnly("nearmiss_message"), guards.AppendOnly("nearmiss_photo"))
        journal.register()
