"""A version of the whole policy: a draft until it is published, immutable from then on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Max, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.audit.history import History

from .faults import cautions, faults

if TYPE_CHECKING:
    from apps.people.models import User

Part = TypeVar("Part", bound=models.Model)


class NoPublishedVersion(LookupError):
    """No policy has been published yet, so nothing can be decided. Carries one translated sentence."""

    def __init__(self) -> None:
        super().__init__(gettext("No policy has been published yet. Run “manage.py seed_policy” or publish a draft."))


def next_number() -> int:
    """The number after the highest; two drafts begun in the same instant are told apart by the unique key."""
    highest: int | None = Version.objects.aggregate(highest=Max("number"))["highest"]
    return (highest or 0) + 1


class VersionQuerySet(models.QuerySet["Version"]):
    def published(self) -> VersionQuerySet:
        return self.filter(published_at__isnull=False)

    def drafts(self) -> VersionQuerySet:
        return self.filter(published_at__isnull=True)

    def current(self) -> Version:
        """The version published last. Raises NoPublishedVersion."""
        latest = self.published().order_by("-published_at", "-number").first()
        if latest is None:
            raise NoPublishedVersion
        return latest


class Version(models.Model):
    number = models.PositiveIntegerField(_("number"), unique=True, default=next_number, editable=False)
    title = models.CharField(_("title"), max_length=100)
    note = models.TextField(_("note"), blank=True, help_text=_("Why this version differs from the one before."))
    warning_percent = models.PositiveSmallIntegerField(
        _("warning at (%)"),
        default=75,
        validators=[MinValueValidator(1), MaxValueValidator(99)],
        help_text=_("The share of a time limit after which its holder is warned."),
    )
    published_at = models.DateTimeField(_("published at"), null=True, blank=True, editable=False)
    published_by = models.ForeignKey(
        "people.User",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("published by"),
    )

    objects = VersionQuerySet.as_manager()
    history = History()

    class Meta:
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(warning_percent__gte=1, warning_percent__lte=99), name="policy_version_warning_percent"
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True, published_by__isnull=True)
                | Q(published_at__isnull=False, published_by__isnull=False),
                name="policy_version_published_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def is_published(self) -> bool:
        return self.published_at is not None

    @transaction.atomic
    def publish(self, *, by: User, at: datetime) -> None:
        """From `at` on new cases begin under this version, and neither it nor any part of it changes again.

        Raises ValidationError with one sentence for everything that is missing; nothing is written then.
        """
        self.refresh_from_db(from_queryset=Version.objects.select_for_update())
        if self.is_published:
            raise ValidationError(
                _("Version %(number)s is published already."), code="published", params={"number": self.number}
            )
        faults = list(self.faults())
        if faults:
            raise ValidationError(faults)
        self.published_at, self.published_by = at, by
        self._history_user = by
        self.save(update_fields=["published_at", "published_by"])

    def faults(self) -> Iterator[ValidationError]:
        """What keeps this version from being published, a sentence each."""
        return faults(self)

    def cautions(self) -> Iterator[str]:
        """What does not keep it from being published, and is worth a second look."""
        return cautions(self)

    @transaction.atomic
    def copy_as_draft(self) -> Version:
        """A new draft with a copy of every part, each saved singly so that each has its history and audit entry."""
        draft = Version.objects.create(
            title=self.title,
            note=gettext("Copied from version %(number)s.") % {"number": self.number},
            warning_percent=self.warning_percent,
        )
        ladders, calendars = {}, {}
        for ladder in self.ladders.all():
            ladders[ladder.pk] = _copy(ladder, version=draft)
            for rung in ladder.rungs.all():
                _copy(rung, ladder=ladders[ladder.pk])
        for original in self.calendars.all():
            calendars[original.pk] = _copy(original, version=draft)
            for part in (*original.hours.all(), *original.closures.all()):
                _copy(part, calendar=calendars[original.pk])
        for row in self.rows.all():
            _copy(
                row,
                version=draft,
                ladder=ladders[row.ladder_id],
                calendar=calendars[row.calendar_id] if row.calendar_id else None,
            )
        for part in (*self.cells.all(), *self.triggers.all(), *self.checklist.all()):
            _copy(part, version=draft)
        return draft


class VersionPart(models.Model):
    """Anything that belongs to one version, directly or through a parent; refuses changes once that is published.

    Database guards refuse the same below this; here a person gets the sentence.
    """

    class Meta:
        abstract = True

    @property
    def owning_version(self) -> Version:
        return self.version  # type: ignore[attr-defined,no-any-return]

    def clean(self) -> None:
        super().clean()
        try:
            version = self.owning_version
        except ObjectDoesNotExist:
            return  # the form already asks for the missing parent
        if version.is_published:
            raise ValidationError(
                _("Version %(number)s is published and cannot be changed. Copy it as a draft instead."),
                code="published",
                params={"number": version.number},
            )


def _copy(part: Part, **changes: Any) -> Part:
    values = {field.name: getattr(part, field.name) for field in part._meta.concrete_fields if not field.primary_key}
    return type(part)._default_manager.create(**values | changes)
