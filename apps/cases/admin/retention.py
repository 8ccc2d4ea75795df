"""The retention periods."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from apps.cases.models import Retention


@admin.register(Retention)
class RetentionAdmin(ModelAdmin):
    list_display = ["of", "category", "days"]
    list_select_related = ["category"]
