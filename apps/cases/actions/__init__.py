"""The verbs. Every change of a case is one of these functions, whoever calls it: screen, task, import or clock.

A verb gets a case that the Book has locked, who acts (`by`; None is the customer), `now` (aware), and the values of its
form. It refuses by raising `checks.Refused` before anything is decided, writes nothing itself, and puts what it decided
into the Book.
"""

from apps.cases.actions.by_the_clock import alarm, climb, record_no_answer, remind, take_back
from apps.cases.actions.closing import confirm, reopen, resolve, review
from apps.cases.actions.handing import accept, de_escalate, escalate, hand_over, receive, send_back
from apps.cases.actions.working import hold, link, note, respond, resume

__all__ = [
    "accept",
    "alarm",
    "climb",
    "confirm",
    "de_escalate",
    "escalate",
    "hand_over",
    "hold",
    "link",
    "note",
    "receive",
    "record_no_answer",
    "remind",
    "reopen",
    "resolve",
    "respond",
    "resume",
    "review",
    "send_back",
    "take_back",
]
