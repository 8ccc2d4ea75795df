"""Cases in the admin: nothing is edited here; every change is a verb, sent by POST from a dialog on the case's page."""

from apps.cases.admin.case import CaseAdmin
from apps.cases.admin.records import DeadlineAdmin, HandOffAdmin
from apps.cases.admin.retention import RetentionAdmin

__all__ = ["CaseAdmin", "DeadlineAdmin", "HandOffAdmin", "RetentionAdmin"]
