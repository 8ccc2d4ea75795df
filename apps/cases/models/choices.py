"""The closed vocabularies of a case. Stored in capitals; the label is what people read."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    RECEIVED = "RECEIVED", _("Received")
    ESCALATED = "ESCALATED", _("Escalated")
    IN_PROGRESS = "IN_PROGRESS", _("In progress")
    RESOLVED = "RESOLVED", _("Resolved")
    REVIEWED = "REVIEWED", _("Reviewed")


OPEN_STATES = frozenset({State.RECEIVED, State.ESCALATED, State.IN_PROGRESS})


class HandOffKind(TextChoices):
    FUNCTIONAL = "FUNCTIONAL", _("Functional escalation")
    HIERARCHICAL = "HIERARCHICAL", _("Hierarchical escalation")
    SEND_BACK = "SEND_BACK", _("Sent back")
    DE_ESCALATION = "DE_ESCALATION", _("De-escalation")
    HAND_OVER = "HAND_OVER", _("Hand-over")


ESCALATIONS = frozenset({HandOffKind.FUNCTIONAL, HandOffKind.HIERARCHICAL})


class Support(TextChoices):
    DECISION = "DECISION", _("A decision")
    DRAFT_ANSWER = "DRAFT_ANSWER", _("A draft answer")
    CALL_BACK = "CALL_BACK", _("A call back to the customer")
    APOLOGY = "APOLOGY", _("How to apologise")
    TECHNICAL_HELP = "TECHNICAL_HELP", _("Technical help")


class WaitingFor(TextChoices):
    CUSTOMER = "CUSTOMER", _("The customer")
    VENDOR = "VENDOR", _("A vendor")
    DEPARTMENT = "DEPARTMENT", _("Another department")
    IMPLEMENTATION = "IMPLEMENTATION", _("An implementation")
    OTHER = "OTHER", _("Somebody else")


class Outcome(TextChoices):
    SOLVED = "SOLVED", _("Solved")
    WORKAROUND = "WORKAROUND", _("Settled with a work-around")
    DECLINED = "DECLINED", _("Declined, explained to the customer")
    DUPLICATE = "DUPLICATE", _("Duplicate of another case")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")


class Confirmation(TextChoices):
    SETTLED = "SETTLED", _("Settled")
    NOT_SETTLED = "NOT_SETTLED", _("Not settled")
    NO_ANSWER = "NO_ANSWER", _("No answer")


class Verdict(TextChoices):
    APPROPRIATE = "APPROPRIATE", _("Escalated at the right time")
    TOO_EARLY = "TOO_EARLY", _("Could have been settled earlier in the line")
    TOO_LATE = "TOO_LATE", _("Should have been escalated earlier")


class Visibility(TextChoices):
    INTERNAL = "INTERNAL", _("Internal")
    REPORTER = "REPORTER", _("Visible to the reporter")
    CUSTOMER = "CUSTOMER", _("Visible to the customer")


class LinkKind(TextChoices):
    DUPLICATE_OF = "DUPLICATE_OF", _("Duplicate of")
    RECURRENCE_OF = "RECURRENCE_OF", _("Recurrence of")
    PARENT = "PARENT", _("Part of")
