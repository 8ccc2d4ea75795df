"""The journal to read: nothing in it can be added, changed or deleted here."""

from apps.audit.admin.base import ReadOnlyAdmin
from apps.audit.admin.entry import EntryAdmin
from apps.audit.admin.proof import VerificationAdmin
from apps.audit.admin.redaction import RedactionAdmin
from apps.audit.admin.seal import SealAdmin

__all__ = ["EntryAdmin", "ReadOnlyAdmin", "RedactionAdmin", "SealAdmin", "VerificationAdmin"]
