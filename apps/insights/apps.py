from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InsightsConfig(AppConfig):
    """Looking back over cases; reads, and writes nothing."""

    name = "apps.insights"
    verbose_name = _("Insights")
