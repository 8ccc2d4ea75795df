import uuid

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.cases.models.case import Case
from apps.cases.models.choices import Visibility


def _storage() -> Storage:
    return storages["attachments"]


class Attachment(models.Model):
    """A file that belongs to a case. Its bytes lie outside what the web server serves; a view hands them out."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, verbose_name=_("case"), related_name="attachments")
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name=_("by"), related_name="case_attachments"
    )
    visibility = models.CharField(_("visible to"), max_length=10, choices=Visibility.choices)
    name = models.CharField(_("file name"), max_length=200)
    content_type = models.CharField(_("type"), max_length=100, help_text=_("As the content says, not the name."))
    size = models.PositiveIntegerField(_("size (bytes)"))
    sha256 = models.CharField(_("SHA-256 of the content"), max_length=64)
    file = models.FileField(_("file"), storage=_storage, max_length=200)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["case", "at"], name="cases_attachment_case_at")]
        constraints = [
            models.CheckConstraint(
                condition=Q(visibility__in=Visibility.values), name="cases_attachment_visibility_known"
            ),
            models.CheckConstraint(condition=Q(size__gte=1), name="cases_attachment_not_empty"),
        ]

    def __str__(self) -> str:
        return self.name
