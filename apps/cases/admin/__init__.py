"""Cases in the admin: nothing is edited here; every change is a verb, sent by POST from a dialog on the case's page."""

from apps.cases.admin.case import CaseAdmin
from apps.cases.admin.records import DeadlineAdmin, HandOffAdmin
from apps.cases.admin.replies import CannedReplyAdmin

__all__ = ["CannedReplyAdmin", "CaseAdmin", "DeadlineAdmin", "HandOffAdmin"]
