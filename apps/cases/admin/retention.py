"""The retention periods."""

from django.contrib import admin

from apps.audit.admin.careful import CarefulAdmin
from apps.cases.models import Retention


@admin.register(Retention)
class RetentionAdmin(CarefulAdmin):
    list_display = ["of", "category", "days"]
    list_select_related = ["category"]
