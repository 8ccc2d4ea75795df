"""Puts messages into the outbox: written in each recipient's own language and time zone, stored in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template import Context, Engine, Template
from django.utils import timezone, translation

from apps.notifications.models import Key, Message, Why
from apps.people.models import User

# What only informs may wait for the end of somebody's quiet hours; what asks them to act never does.
INFORMING = frozenset({Key.ACCEPTED, Key.STATUS, Key.RESOLVED, Key.REVIEWED, Key.NOTE, Key.NEAR_MISS})
MAIL_DIR = Path(__file__).parent / "templates" / "notifications" / "mail"
SUBJECT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Outsider:
    """A recipient without an account: the customer. Reads times in the site's own zone."""

    address: str
    language: str


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell, to everyone who gets it for the same reason.

    `context` holds what the templates show: str, datetime (aware) or None. A lazily translated str and an object whose
    `__str__` follows the active language (a User, a Team) read in each recipient's language, a datetime in their zone.
    What is missing, None or empty leaves out its section.
    `why` ends the mail as a sentence; a `why` in `context` has no effect.
    """

    about: str  # "cases.case:42"
    key: Key | str
    recipients: Sequence[User | Outsider]
    context: Mapping[str, object]
    why: Why | str


@dataclass(frozen=True, slots=True)
class Mail:
    """A rendered notice."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class _Compiled:
    subject: Template
    body: Template


def put(notices: Sequence[Notice], now: datetime) -> list[Message]:
    """Queue `notices` for delivery from `now` on, with one INSERT however many; returns the stored messages.

    Call it inside the transaction that writes what the notices tell about: then neither exists without the other.
    What only informs waits for the end of the recipient's quiet hours.
    People without an address and deactivated people are passed over. A person named several times for one (about, key)
    gets the first notice only, so put the weightiest reason first.
    Raises ValueError for a key or a reason that does not exist; then nothing is stored.
    """
    told: set[tuple[str, str, int | str]] = set()
    messages: list[Message] = []
    for notice in notices:
        key, why = Key(notice.key), Why(notice.why)
        mails: dict[tuple[str, str], Mail] = {}
        for recipient in notice.recipients:
            if isinstance(recipient, Outsider):
                person, address, language, zone = None, recipient.address, recipient.language, settings.TIME_ZONE
            else:
                person, address, language, zone = recipient, recipient.email, recipient.language, recipient.time_zone
                if not recipient.is_active:
                    continue
            identity = (notice.about, key.value, person.pk if person else address)
            if not address or identity in told:
                continue
            told.add(identity)
            quiet_until = person.quiet_ends_at(now) if person is not None and key in INFORMING else None
            mail = mails.get((language, zone))
            if mail is None:
                mail = mails[language, zone] = render(notice, language, zone)
            messages.append(
                Message(
                    about=notice.about,
                    key=key,
                    recipient=person,
                    address=address,
                    language=language,
                    subject=mail.subject,
                    body=mail.body,
                    why=why,
                    next_try_at=quiet_until or now,
                    created_at=now,
                )
            )
    return Message.objects.bulk_create(messages)


def render(notice: Notice, language: str, zone: str) -> Mail:
    """`notice` as a mail for a reader of `language` ('ja', 'en') in the IANA time zone `zone`."""
    compiled = _compiled(Key(notice.key).value, language)
    context = Context({**notice.context, "why": Why(notice.why).value}, autoescape=False)
    with translation.override(language), timezone.override(ZoneInfo(zone)):
        subject = " ".join(compiled.subject.render(context).split())  # one line, whatever the values hold
        body = compiled.body.render(context).strip() + "\n"
    return Mail(subject if len(subject) <= SUBJECT_LENGTH else subject[: SUBJECT_LENGTH - 1] + "…", body)


@cache
def _engine() -> Engine:
    return Engine(
        dirs=[str(MAIL_DIR)],
        autoescape=False,  # plain text
        loaders=[("django.template.loaders.cached.Loader", ["django.template.loaders.filesystem.Loader"])],
    )


@cache
def _compiled(key: str, language: str) -> _Compiled:
    """The file's first line is the subject; compiled apart, a value with a line break cannot spill into the body."""
    subject, _, body = (MAIL_DIR / f"{key}.{language}.txt").read_text(encoding="utf-8").partition("\n")
    return _Compiled(_engine().from_string(subject), _engine().from_string(body))
