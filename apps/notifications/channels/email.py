"""Mail through Django's mail backend."""

import smtplib
from contextlib import suppress
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from apps.notifications.channels import DeliveryFailed
from apps.notifications.models import Message


class Email:
    """Keeps one connection open over any number of `send`s."""

    def __init__(self) -> None:
        self._connection = get_connection()

    def send(self, message: Message) -> None:
        """Send `message`, or raise DeliveryFailed: permanent if the server refuses this recipient or mail for good."""
        try:
            self._connection.open()
            self._connection.send_messages([_mail(message)])
        except (smtplib.SMTPException, OSError, ValueError) as error:
            self.close()  # a conversation that went wrong is not taken up again
            raise DeliveryFailed(permanent=_is_permanent(error), reason=_reason(error)) from error

    def close(self) -> None:
        with suppress(smtplib.SMTPException, OSError):
            self._connection.close()


def _mail(message: Message) -> EmailMessage:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return EmailMessage(
        subject=message.subject,
        body=message.body,
        to=[message.address],
        headers={
            # The same for every attempt: a mail sent twice, its sender killed before the note, shows as one.
            "Message-ID": f"<{message.pk}.{message.created_at:%Y%m%d%H%M%S}@{domain}>",
            "Auto-Submitted": "auto-generated",  # RFC 3834: absence notes and other robots do not answer
        },
    )


def _is_permanent(error: Exception) -> bool:
    match error:
        case smtplib.SMTPRecipientsRefused():
            return all(code >= 500 for code, _ in error.recipients.values())
        case smtplib.SMTPDataError():
            return error.smtp_code >= 500
        case OSError():  # SMTPException is one: the server, our sender address or our password; other mails meet it too
            return False
        case _:  # ValueError: an address or header that no mail can carry
            return True


def _reason(error: Exception) -> str:
    match error:
        case smtplib.SMTPRecipientsRefused():
            return "; ".join(f"{code} {_text(answer)}" for code, answer in error.recipients.values())
        case smtplib.SMTPResponseException():
            return f"{error.smtp_code} {_text(error.smtp_error)}"
        case _:
            return f"{type(error).__name__}: {error}"


def _text(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer
