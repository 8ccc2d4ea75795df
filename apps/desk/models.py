"""What the desk itself must remember."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.cases.models import Case


class SentReport(models.Model):
    """That a report form was sent. Every form comes with a token of its own; the unique key lets each make one case.

    The row is inserted before the case in the same transaction, so a second sending waits for the first and then finds
    its case. A token kept in the session could not do that: two requests at once would both read it as unused.
    """

    token = models.UUIDField(_("token"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("by"), related_name="+")
    case = models.OneToOneField(Case, models.PROTECT, null=True, verbose_name=_("case"), related_name="+")

    class Meta:
        verbose_name = _("sent report")
        verbose_name_plural = _("sent reports")
        constraints = [models.UniqueConstraint(fields=["by", "token"], name="desk_sentreport_once")]

    def __str__(self) -> str:
        return str(self.token)


class LastLook(models.Model):
    """When a person last had a case before their eyes: what is newer is marked in their lists."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("person"), related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, verbose_name=_("case"), related_name="+")
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("last look at a case")
        verbose_name_plural = _("last looks at cases")
        constraints = [models.UniqueConstraint(fields=["user", "case"], name="desk_lastlook_once")]

    def __str__(self) -> str:
        return f"{self.user} – {self.case}"
