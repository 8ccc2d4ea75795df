"""The models of the policy: what should happen to a case, kept in versions."""

from .calendar import Calendar, Closure, OpenHours
from .checklist import ChecklistItem
from .choices import Country, EscalationKind, Flag, Impact, Means, Priority, Target, Urgency, Verb, Weekday
from .ladder import Ladder, Rung
from .matrix import MatrixRow, PriorityCell
from .trigger import Category, Trigger
from .version import NoPublishedVersion, Version

__all__ = [
    "Calendar",
    "Category",
    "ChecklistItem",
    "Closure",
    "Country",
    "EscalationKind",
    "Flag",
    "Impact",
    "Ladder",
    "MatrixRow",
    "Means",
    "NoPublishedVersion",
    "OpenHours",
    "Priority",
    "PriorityCell",
    "Rung",
    "Target",
    "Trigger",
    "Urgency",
    "Verb",
    "Version",
    "Weekday",
]
