"""What makes daily work with cases shorter: lists that people keep, and texts that they send again and again."""

from django.conf import settings
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.audit.history import History
from apps.people.models import Team


class SavedView(models.Model):
    """A filtered list of cases under a name, for oneself or for a whole team."""

    name = models.CharField(_("name"), max_length=60)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("owner"), related_name="saved_views"
    )
    team = models.ForeignKey(
        Team,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("shared with team"),
        related_name="saved_views",
        help_text=_("Empty: only the owner sees it."),
    )
    query = models.CharField(_("query string"), max_length=1000, blank=True)

    history = History()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="cases_savedview_name")]

    def __str__(self) -> str:
        return self.name


class CannedReply(models.Model):
    """A text to begin a note or an answer with; `{number}` and the like in it are filled in from the case."""

    title = models.CharField(_("title"), max_length=100)
    title_en = models.CharField(_("title in English"), max_length=100, blank=True)
    text = models.TextField(_("text"))
    text_en = models.TextField(_("text in English"), blank=True)
    team = models.ForeignKey(
        Team,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("team"),
        related_name="canned_replies",
        help_text=_("Empty: for everybody."),
    )
    is_active = models.BooleanField(_("active"), default=True)

    history = History()

    class Meta:
        verbose_name = _("canned reply")
        verbose_name_plural = _("canned replies")
        ordering = ["title", "id"]

    def __str__(self) -> str:
        english = (get_language() or "").startswith("en")
        return self.title_en if english and self.title_en else self.title
