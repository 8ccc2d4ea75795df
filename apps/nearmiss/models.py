"""A near miss, what was written about it since, and its photos. None of these rows knows who reported it.

Of the reporter's own doing only the day is kept: a moment could be laid beside a log of who was where. No history model
either, for it would note the person who is signed in on the device.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.cases.models import Case
from apps.people.models import Department, Role, Team, User

SAFETY = "safety"  # the skill of the teams that read near misses


def _storage() -> Storage:
    return storages["attachments"]


def _safety_teams() -> models.QuerySet[Team]:
    return Team.objects.active().with_skill(SAFETY)


class NearMissQuerySet(models.QuerySet["NearMiss"]):
    def visible_to(self, user: User) -> NearMissQuerySet:
        """Those of the departments that the person's safety team looks after, with all below them.

        A department without any safety team is its managers' care. Superusers see all. Two or three statements.
        """
        if user.is_superuser:
            return self
        teams = _safety_teams().values_list("pk", "department_id")
        own = {membership.team_id for membership in user.membership_list}
        mine = {department for team, department in teams if team in own}
        seen = Q(department__in=Department.objects.tree(*mine)) if mine else Q(pk__in=[])
        if user.managed_departments:
            cared_for = Department.objects.tree(*{department for _team, department in teams})
            seen |= Q(department__in=user.managed_departments - cared_for)
        return self.filter(seen)


class NearMiss(models.Model):
    class Status(models.TextChoices):
        NEW = "NEW", _("New")
        ANSWERED = "ANSWERED", _("Answered")
        WAITING = "WAITING", _("Facts added, waits for an answer")
        CLOSED = "CLOSED", _("Closed")

    department = models.ForeignKey(Department, models.PROTECT, verbose_name=_("department"), related_name="near_misses")
    reported_on = models.DateField(_("reported on"))
    what = models.TextField(_("what nearly happened"))
    place = models.CharField(_("where"), max_length=200, blank=True)
    consequence = models.TextField(_("what could have come of it"), blank=True)
    idea = models.TextField(_("idea to prevent it"), blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.NEW)
    receipt = models.CharField(
        _("digest of the receipt code"),
        max_length=64,
        unique=True,
        editable=False,
        help_text=_("The code is kept nowhere."),
    )
    case = models.OneToOneField(
        Case, models.PROTECT, null=True, blank=True, verbose_name=_("case"), related_name="+", editable=False
    )

    objects = NearMissQuerySet.as_manager()

    class Meta:
        verbose_name = _("near miss")
        verbose_name_plural = _("near misses")
        ordering = ["-id"]
        indexes = [models.Index(fields=["department", "status"], name="nearmiss_department_status")]
        constraints = [
            models.CheckConstraint(condition=~Q(what=""), name="nearmiss_says_what"),
            models.CheckConstraint(
                condition=Q(status__in=["NEW", "ANSWERED", "WAITING", "CLOSED"]), name="nearmiss_status_known"
            ),
        ]

    def __str__(self) -> str:
        return self.what[:60]

    def readers(self) -> models.QuerySet[User]:
        """Whoever looks after its department, each once: `visible_to` the other way round, but for superusers."""
        line = Department.objects.line(self.department_id)
        looked_after = User.objects.people().filter(memberships__team__in=_safety_teams().filter(department__in=line))
        if not looked_after.exists():
            looked_after = User.objects.people().filter(
                memberships__role=Role.MANAGER,
                memberships__team__is_active=True,
                memberships__team__department__in=line,
            )
        return looked_after.distinct()


class Message(models.Model):
    """Something added later. Without `by` it came from the reporter."""

    near_miss = models.ForeignKey(NearMiss, models.PROTECT, verbose_name=_("near miss"), related_name="messages")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name=_("by"), related_name="+")
    on = models.DateField(_("on"))
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("message about a near miss")
        verbose_name_plural = _("messages about near misses")
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="nearmiss_message_not_empty")]

    def __str__(self) -> str:
        return self.text[:60]


class Photo(models.Model):
    """A photo, drawn anew without what the camera had written into it (place, time, device)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    near_miss = models.ForeignKey(NearMiss, models.PROTECT, verbose_name=_("near miss"), related_name="photos")
    file = models.FileField(_("file"), storage=_storage, max_length=200)

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        ordering = ["near_miss", "id"]

    def __str__(self) -> str:
        return str(self.id)
