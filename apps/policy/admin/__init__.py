"""The policy in the admin: drafts are edited, published versions are looked at and copied.

A draft has its matrix as one grid, triggers and checklists on its page; its ladders and calendars have pages of their own.
"""

from . import calendar, category, ladder, version

__all__ = ["calendar", "category", "ladder", "version"]
