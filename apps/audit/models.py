"""The journal: one `Entry` per change, chained per subject (`Chain`), sealed together from time to time (`Seal`).

Rows are written by `apps.audit.trail` alone; the database refuses every later change of them (`apps.audit.guards`).
"""

from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Source(models.TextChoices):
    """The door through which a change came."""

    ADMIN = "ADMIN", _("Admin")
    DESK = "DESK", _("Desk")
    API = "API", _("API")
    LINK = "LINK", _("Customer's link")
    CLOCK = "CLOCK", _("Clock")
    IMPORT = "IMPORT", _("Import")
    COMMAND = "COMMAND", _("Command")


class KindOf(models.Func):
    """The kind of thing that a subject is: "cases.case" of "cases.case:42". Written so that an index may hold it."""

    output_field = models.CharField()
    template = "split_part(%(expressions)s, ':', 1)"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="substr(%(expressions)s, 1, instr(%(expressions)s, ':') - 1)", **context
        )


class DepartmentOf(models.Func):
    """The department that an entry's details name ("people.department:3"), or NULL. An index may hold it."""

    output_field = models.CharField()
    template = "(%(expressions)s ->> 'department')"


class HasBreach(models.Func):
    """Whether an entry's details tell of a limit that was missed. An index may have it as its condition."""

    output_field = models.BooleanField()
    template = "(%(expressions)s ->> 'breach') IS NOT NULL"
    conditional = True


def has_breach() -> Q:
    return Q(HasBreach("details"))


class Entry(models.Model):
    """One change: of what, when, by whom, through which door, why; and the digest of the full row after it."""

    subject = models.CharField(
        _("changed thing"), max_length=100, help_text=_("What was changed, such as cases.case:42.")
    )
    sequence = models.PositiveIntegerField(_("number in the subject's chain"))
    at = models.DateTimeField(_("at"))
    actor = models.CharField(
        _("actor"), max_length=100, blank=True, help_text=_("Who did it, such as people.user:7; empty: not known.")
    )
    source = models.CharField(_("source"), max_length=10, choices=Source)
    action = models.CharField(_("action"), max_length=50)
    from_state = models.CharField(_("from state"), max_length=20, blank=True)
    to_state = models.CharField(_("to state"), max_length=20, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    details = models.JSONField(_("details"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    record = models.CharField(
        _("history row"), max_length=100, blank=True, help_text=_("Holds the full row after the change.")
    )
    salt = models.CharField(_("salt"), max_length=32)
    digest = models.CharField(
        _("digest"), max_length=64, help_text=_("SHA-256 of the salt, the reason, the details and the history row.")
    )
    previous = models.CharField(_("previous hash"), max_length=64)
    hash = models.CharField(_("hash"), max_length=64)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ["-id"]
        permissions = [("unmask_entry", "Can see masked personal data, for a reason")]
        constraints = [
            models.UniqueConstraint(name="audit_entry_subject_sequence", fields=["subject", "sequence"]),
            models.UniqueConstraint(name="audit_entry_hash", fields=["hash"]),
            models.CheckConstraint(name="audit_entry_sequence_from_1", condition=Q(sequence__gte=1)),
            models.CheckConstraint(name="audit_entry_source_known", condition=Q(source__in=Source.values)),
        ]
        indexes = [
            # Each filter of `apps.audit.journal` has its own, in the order in which entries are shown.
            models.Index(name="audit_entry_at_id", fields=["at", "id"]),
            models.Index(name="audit_entry_actor_at_id", fields=["actor", "at", "id"]),
            models.Index(name="audit_entry_action_at_id", fields=["action", "at", "id"]),
            models.Index(KindOf("subject"), "at", "id", name="audit_entry_kind_at_id"),
            models.Index(DepartmentOf("details"), "at", "id", name="audit_entry_department_at_id"),
            models.Index(name="audit_entry_breach_at_id", fields=["at", "id"], condition=has_breach()),
            models.Index(name="audit_entry_record", fields=["record"]),
        ]

    def __str__(self) -> str:
        return f"{self.subject} #{self.sequence} {self.action}"


class Chain(models.Model):
    """How long a subject's chain of entries is and which hash ends it; locked while entries are added."""

    subject = models.CharField(_("changed thing"), max_length=100, primary_key=True)
    length = models.PositiveIntegerField(_("length"))
    head = models.CharField(_("hash of the last entry"), max_length=64)

    class Meta:
        verbose_name = _("audit chain")
        verbose_name_plural = _("audit chains")

    def __str__(self) -> str:
        return f"{self.subject} ({self.length})"


class Seal(models.Model):
    """A Merkle root over all entries since the seal before, so that a chain cut off whole is missed too."""

    number = models.PositiveIntegerField(_("number"))
    sealed_at = models.DateTimeField(_("sealed at"))
    first_id = models.BigIntegerField(_("first entry"))
    last_id = models.BigIntegerField(_("last entry"))
    count = models.PositiveIntegerField(_("entries"))
    root = models.CharField(_("Merkle root"), max_length=64)
    previous = models.CharField(_("previous hash"), max_length=64)
    hash = models.CharField(_("hash"), max_length=64)

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(name="audit_seal_number", fields=["number"]),
            models.CheckConstraint(name="audit_seal_number_from_1", condition=Q(number__gte=1)),
            models.CheckConstraint(
                name="audit_seal_covers_entries", condition=Q(first_id__lte=models.F("last_id"), count__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"
