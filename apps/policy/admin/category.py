"""The kinds of case: one list for all versions."""

from django.contrib import admin
from django.http import HttpRequest

from apps.audit.admin.careful import CarefulAdmin

from ..models import Category


@admin.register(Category)
class CategoryAdmin(CarefulAdmin):
    list_display = ["__str__", "code", "skill", "authority_level", "confidential", "is_active"]
    list_filter = ["is_active", "confidential"]

    def has_delete_permission(self, request: HttpRequest, obj: Category | None = None) -> bool:
        """Cases of all times name their category: it is deactivated, never deleted."""
        return False
