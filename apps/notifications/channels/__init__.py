"""Ways out of the house: one small class each, with `send(message)` and `close()`."""

from typing import Protocol

from apps.notifications.models import Message


class DeliveryFailed(Exception):
    """The message did not leave. `permanent`: trying again cannot help."""

    def __init__(self, *, permanent: bool, reason: str) -> None:
        super().__init__(reason)
        self.permanent = permanent
        self.reason = reason


class Transport(Protocol):
    def send(self, message: Message) -> None:
        """Hand `message` over to the outside world, or raise DeliveryFailed."""

    def close(self) -> None:
        """Let go of the connection; no more `send` follows."""
