"""The journal: who did what, when, why."""

from django.contrib import admin

from apps.audit.admin.base import ReadOnlyAdmin
from apps.audit.models import Entry

# What stands beside browsing (an export button with its view, for example) joins here as a mixin with its `get_urls`.


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    """Who did what, when, why."""

    list_display = ("at", "subject", "sequence", "action", "from_state", "to_state", "actor", "source", "reason")
    list_display_links = ("at", "subject")
    list_filter = ("source", "at")
    search_fields = ("subject__startswith", "actor__startswith", "action__startswith", "record__startswith")
    date_hierarchy = "at"
