"""Addresses of the auditor's pages, and what a test reads out of them."""

from __future__ import annotations

import re

JOURNAL, STORY, PAST = "/admin/audit/entry/", "/admin/audit/entry/story/", "/admin/audit/entry/past/"
UNMASK, TODAY = "/admin/audit/entry/unmask/", "/admin/audit/entry/today/"


def text(html: bytes) -> str:
    """What is left of a page to read, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.decode()))
