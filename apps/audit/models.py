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


class Redaction(models.Model):
    """A demand to blank the personal fields of `subjects`, asked for by one person and approved by another.

    Moved on by `apps.audit.redactions` alone; every step is an entry in the chain of the redaction itself.
    """

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", _("Proposed: its retention period is over")
        REQUESTED = "REQUESTED", _("Waits for a second person")
        APPROVED = "APPROVED", _("Approved, not carried out yet")
        DONE = "DONE", _("Carried out")
        DECLINED = "DECLINED", _("Declined")

    subjects = models.JSONField(_("what is redacted"), help_text=_("Names of the journal such as cases.case:42."))
    state = models.CharField(_("state"), max_length=10, choices=State)
    reason = models.TextField(_("reason"), blank=True)
    created_at = models.DateTimeField(_("created at"))
    requested_by = models.CharField(_("requested by"), max_length=100, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=100, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    done_at = models.DateTimeField(_("carried out at"), null=True, blank=True)
    count = models.PositiveIntegerField(_("redacted entries"), default=0)
    error = models.TextField(_("last error"), blank=True)

    class Meta:
        verbose_name = _("redaction")
        verbose_name_plural = _("redactions")
        ordering = ["-id"]
        permissions = [
            ("request_redaction", _("Can ask for a redaction")),
            ("approve_redaction", _("Can approve a redaction")),
        ]
        constraints = [
            models.CheckConstraint(
                name="audit_redaction_two_persons",
                condition=Q(decided_by="") | Q(state="DECLINED") | ~Q(decided_by=models.F("requested_by")),
            ),
            models.CheckConstraint(
                name="audit_redaction_state_fits",
                condition=Q(state="PROPOSED", requested_by="", decided_by="", done_at=None)
                | (Q(state="REQUESTED", decided_by="", done_at=None) & ~Q(requested_by="") & ~Q(reason=""))
                | (Q(state="APPROVED", done_at=None) & ~Q(requested_by="") & ~Q(decided_by="") & ~Q(reason=""))
                | (Q(state="DONE", done_at__isnull=False) & ~Q(requested_by="") & ~Q(decided_by="") & ~Q(reason=""))
                | (Q(state="DECLINED", done_at=None) & ~Q(decided_by="")),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class RedactedEntry(models.Model):
    """That an entry's data was blanked, and the digest of what is left of it under its new salt.

    The entry keeps its old digest, which its hash covers; its old salt is gone, so that nothing can be guessed from it.
    """

    redaction = models.ForeignKey(Redaction, models.PROTECT, verbose_name=_("redaction"), related_name="entries")
    entry = models.ForeignKey(Entry, models.PROTECT, verbose_name=_("audit entry"), related_name="redactions")
    record = models.CharField(_("history row"), max_length=100, blank=True)
    salt = models.CharField(_("salt"), max_length=32)
    digest = models.CharField(_("digest"), max_length=64)

    class Meta:
        verbose_name = _("redacted entry")
        verbose_name_plural = _("redacted entries")
        constraints = [models.UniqueConstraint(name="audit_redactedentry_once", fields=["redaction", "entry"])]
        indexes = [models.Index(name="audit_redactedentry_record", fields=["record"])]

    def __str__(self) -> str:
        return f"{self.redaction} {self.record}"


class Verification(models.Model):
    """One reading of the journal against itself, asked for on a page: how far it is and what it found.

    Carried on by `apps.audit.proofs` alone. `beat_at` is the claim of the worker that reads; one that falls silent
    loses it.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        RUNNING = "RUNNING", _("Running")
        DONE = "DONE", _("Finished")

    subject = models.CharField(_("changed thing"), max_length=100, blank=True)
    since = models.DateTimeField(_("since"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    requested_by = models.CharField(_("requested by"), max_length=100, blank=True)
    requested_at = models.DateTimeField(_("requested at"))
    beat_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    total = models.PositiveBigIntegerField(_("entries to read"), default=0)
    entries = models.PositiveBigIntegerField(_("entries read"), default=0)
    chains = models.PositiveBigIntegerField(_("chains"), default=0)
    seals = models.PositiveBigIntegerField(_("seals"), default=0)
    redacted = models.PositiveBigIntegerField(_("redacted entries"), default=0)
    upto = models.DateTimeField(_("latest entry"), null=True, blank=True)
    fault_count = models.PositiveBigIntegerField(_("faults"), default=0)
    faults = models.JSONField(_("what is broken"), default=list, blank=True)

    class Meta:
        verbose_name = _("verification")
        verbose_name_plural = _("verifications")
        ordering = ["-id"]
        permissions = [("request_verification", _("Can have the journal verified"))]
        constraints = [
            models.CheckConstraint(
                name="audit_verification_state_fits",
                condition=Q(state="WAITING", finished_at=None)
                | Q(state="RUNNING", finished_at=None, beat_at__isnull=False)
                | Q(state="DONE", finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.subject}"


class SealReport(models.Model):
    """The last seal of a day, told to a witness outside: by mail and by HTTP. One row a day."""

    class State(models.TextChoices):
        NONE = "NONE", _("No address set")
        QUEUED = "QUEUED", _("Waiting to be sent")
        SENT = "SENT", _("Sent")
        FAILED = "FAILED", _("Could not be delivered")

    day = models.DateField(_("day"), unique=True)
    seal = models.ForeignKey(Seal, models.PROTECT, verbose_name=_("seal"), related_name="reports")
    created_at = models.DateTimeField(_("created at"))
    mailed_at = models.DateTimeField(_("mailed at"), null=True, blank=True)
    url = models.CharField(_("address"), max_length=500, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    error = models.TextField(_("last error"), blank=True)

    class Meta:
        verbose_name = _("report of a seal")
        verbose_name_plural = _("reports of seals")
        ordering = ["-day"]
        constraints = [
            models.CheckConstraint(
                name="audit_sealreport_state_fits",
                condition=Q(state="NONE", next_try_at=None, sent_at=None)
                | Q(state="QUEUED", next_try_at__isnull=False, sent_at=None)
                | Q(state="SENT", next_try_at=None, sent_at__isnull=False)
                | (Q(state="FAILED", next_try_at=None, sent_at=None) & ~Q(error="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day}"
