from apps.cases.models.attachment import Attachment
from apps.cases.models.case import Case, Counter
from apps.cases.models.choices import (
    OPEN_STATES,
    Confirmation,
    HandOffKind,
    LinkKind,
    Outcome,
    State,
    Support,
    Verdict,
    Visibility,
    WaitingFor,
)
from apps.cases.models.deadline import Deadline, Firing, Pause, SweepStatus
from apps.cases.models.follower import Follower
from apps.cases.models.handoff import HandOff
from apps.cases.models.help import CannedReply, SavedView
from apps.cases.models.retention import Retention
from apps.cases.models.review import Review
from apps.cases.models.update import Link, Update

__all__ = [
    "OPEN_STATES",
    "Attachment",
    "CannedReply",
    "Case",
    "Confirmation",
    "Counter",
    "Deadline",
    "Firing",
    "Follower",
    "HandOff",
    "HandOffKind",
    "Link",
    "LinkKind",
    "Outcome",
    "Pause",
    "Retention",
    "Review",
    "SavedView",
    "State",
    "Support",
    "SweepStatus",
    "Update",
    "Verdict",
    "Visibility",
    "WaitingFor",
]
