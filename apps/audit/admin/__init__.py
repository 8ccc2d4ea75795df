"""The journal to read: nothing in it can be added, changed or deleted here."""

from apps.audit.admin.base import ReadOnlyAdmin
from apps.audit.admin.entry import EntryAdmin
from apps.audit.admin.seal import SealAdmin

__all__ = ["EntryAdmin", "ReadOnlyAdmin", "SealAdmin"]
