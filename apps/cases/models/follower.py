from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.cases.models.case import Case


class Follower(models.Model):
    """Somebody who wants to hear how a case goes on without having to do anything about it."""

    case = models.ForeignKey(Case, models.PROTECT, verbose_name=_("case"), related_name="followers")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("follower"), related_name="followed_cases"
    )
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("follower")
        verbose_name_plural = _("followers")
        constraints = [models.UniqueConstraint(fields=["case", "user"], name="cases_follower_once")]

    def __str__(self) -> str:
        return f"{self.user} – {self.case}"
