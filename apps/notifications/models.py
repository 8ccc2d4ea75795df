"""The outbox: one row for each message to one recipient, from being put to being sent or given up."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    MAIL = "MAIL", _("E-mail")


class Key(models.TextChoices):
    """What a message says. The value names its template files: templates/notifications/mail/<key>.<language>.txt"""

    ESCALATED = "escalated", _("Escalated to you")
    ACCEPTED = "accepted", _("Accepted")
    SENT_BACK = "sent_back", _("Sent back with advice")
    ASSIGNED = "assigned", _("Assigned to you")
    HANDED_OVER = "handed_over", _("Handed over")
    WARNING = "warning", _("Deadline approaching")
    REMINDER = "reminder", _("Deadline reminder")
    STATUS = "status", _("Status update")
    RESOLVED = "resolved", _("Resolved")
    CONFIRMATION = "confirmation", _("Request to the customer")
    REOPENED = "reopened", _("Reopened")
    REVIEWED = "reviewed", _("Reviewed")
    ALARM = "alarm", _("Nobody accepts")
    NOTE = "note", _("Note to the reporter")
    CUSTOMER_NOTE = "customer_note", _("Note to the customer")
    MENTIONED = "mentioned", _("Mentioned in a note")
    SEALS = "seals", _("Seal of the day")
    NEAR_MISS = "near_miss", _("Near miss to be read")


class Why(models.TextChoices):
    """Why this person gets the message. Every mail ends with the sentence for it (templates/…/mail/_foot.*.txt)."""

    REPORTER = "REPORTER", _("reporter")
    OWNER = "OWNER", _("owner")
    FORMER_OWNER = "FORMER_OWNER", _("former owner")
    DESTINATION = "DESTINATION", _("escalation destination")
    LEAD = "LEAD", _("team lead")
    DEPARTMENT_HEAD = "DEPARTMENT_HEAD", _("head of the department")
    RULE = "RULE", _("named by a rule")
    FOLLOWER = "FOLLOWER", _("follower")
    MENTIONED = "MENTIONED", _("mentioned")
    CONCERNED = "CONCERNED", _("took part in the case")
    REVIEWER = "REVIEWER", _("reviewer")
    POLICY_OWNER = "POLICY_OWNER", _("policy owner")
    CUSTOMER = "CUSTOMER", _("customer")
    WITNESS = "WITNESS", _("keeps the seals")
    SAFETY = "SAFETY", _("safety team")


def _only_while(status: str, column: str) -> Q:
    """`column` is set in `status` and in no other."""
    return Q(status=status, **{f"{column}__isnull": False}) | (~Q(status=status) & Q(**{f"{column}__isnull": True}))


class Message(models.Model):
    """One rendered message to one recipient. Written by `outbox.put`, moved on by `delivery` alone."""

    class Status(models.TextChoices):
        QUEUED = "QUEUED", _("Waiting to be sent")
        SENDING = "SENDING", _("Sending")
        SENT = "SENT", _("Sent")
        FAILED = "FAILED", _("Could not be delivered")

    about = models.CharField(_("about"), max_length=100)  # "cases.case:42": what a higher app owns is named as text
    key = models.CharField(_("kind of message"), max_length=40, choices=Key.choices)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("recipient"),
    )
    channel = models.CharField(_("channel"), max_length=20, choices=Channel.choices, default=Channel.MAIL)
    address = models.CharField(_("address"), max_length=254)
    language = models.CharField(_("language"), max_length=10)
    subject = models.CharField(_("subject line"), max_length=200)
    body = models.TextField(_("message text"))
    why = models.CharField(_("reason for sending"), max_length=40, choices=Why.choices)

    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    claimed_at = models.DateTimeField(_("sending since"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    error = models.TextField(_("last error"), blank=True, default="")
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.CheckConstraint(
                name="notifications_message_next_try_at_while_queued",
                condition=_only_while("QUEUED", "next_try_at"),
            ),
            models.CheckConstraint(
                name="notifications_message_claimed_at_while_sending",
                condition=_only_while("SENDING", "claimed_at"),
            ),
            models.CheckConstraint(
                name="notifications_message_sent_at_once_sent",
                condition=_only_while("SENT", "sent_at"),
            ),
            models.CheckConstraint(
                name="notifications_message_failed_has_error",
                condition=~Q(status="FAILED") | ~Q(error=""),
            ),
            models.CheckConstraint(name="notifications_message_address_present", condition=~Q(address="")),
        ]
        indexes = [
            models.Index(
                name="notifications_message_due",
                fields=["next_try_at", "id"],
                condition=Q(status="QUEUED"),
            ),
            models.Index(
                name="notifications_message_sending",
                fields=["claimed_at"],
                condition=Q(status="SENDING"),
            ),
            models.Index(name="notifications_message_about", fields=["about", "id"]),
        ]

    def __str__(self) -> str:
        """Without its words: who may see that it is stuck may not always read them."""
        return f"{self.get_key_display()} → {self.address}"
