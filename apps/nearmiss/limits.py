"""How often one device may send, without writing down which device it is.

What is counted goes by a digest under a key that this process makes when it starts and keeps in memory alone.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from django.core.cache import cache
from django.http import HttpRequest

_KEY = secrets.token_bytes(32)
WINDOW = 600  # seconds


def is_too_often(request: HttpRequest, what: str, *, at_most: int) -> bool:
    """Counts this request; True when it is more than the `at_most`-th of its kind within ten minutes."""
    address = f"{what}:{request.META.get('REMOTE_ADDR', '')}"
    key = "nearmiss:" + hmac.new(_KEY, address.encode(), hashlib.sha256).hexdigest()
    cache.add(key, 0, WINDOW)
    try:
        return cache.incr(key) > at_most
    except ValueError:  # it expired in between
        return False
