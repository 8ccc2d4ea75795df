"""The seals over the journal."""

from django.contrib import admin

from apps.audit.admin.base import ReadOnlyAdmin
from apps.audit.models import Seal


@admin.register(Seal)
class SealAdmin(ReadOnlyAdmin):
    """The seals over the journal."""

    list_display = ("number", "sealed_at", "count", "first_id", "last_id", "root")
