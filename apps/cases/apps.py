from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    name = "apps.cases"
    verbose_name = _("Cases")

    def ready(self) -> None:
        from apps.audit import personal, redactions  # models exist only now
        from apps.cases import journal, redaction, retention

        journal.register()
        personal.register(redaction.CASE, redaction.BLANKS)
        redactions.register(redaction.CASE, redaction.Cases())
        redactions.register(redaction.MEMBER, redaction.Members())
        redactions.register_due(retention.due)
