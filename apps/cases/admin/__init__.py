"""Cases in the admin: nothing is edited here; every change is a verb, sent by POST from a dialog on the case's page."""

from apps.cases.admin.case import CaseAdmin
from apps.cases.admin.letters import LetterAdmin
from apps.cases.admin.records import DeadlineAdmin, HandOffAdmin
from apps.cases.admin.replies import CannedReplyAdmin
from apps.cases.admin.retention import RetentionAdmin

__all__ = ["CannedReplyAdmin", "CaseAdmin", "DeadlineAdmin", "HandOffAdmin", "LetterAdmin", "RetentionAdmin"]
