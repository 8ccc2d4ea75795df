"""The verbs as people meet them: label, form, when it is offered, and how it is run. One table for every screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.audit.models import Source
from apps.cases import actions, checks, forms
from apps.cases.checks import Refused
from apps.cases.ledger import Book, one_case
from apps.cases.models import Case, Confirmation, State
from apps.cases.routing import TOP_RANK, Directory
from apps.people.models import User

MAIN, CALM, GRAVE = "main", "calm", "grave"  # styles of a button
ALWAYS_WELCOME = frozenset({"note", "attach", "link", "follow", "unfollow"})  # wherever the case has moved meanwhile
ANSWERED = frozenset({Confirmation.SETTLED, Confirmation.NOT_SETTLED})


@dataclass(frozen=True, slots=True)
class VerbSpec:
    """`explanation` says in the dialog what will happen; `fits` leaves out what is legal but makes no sense now."""

    name: str
    form: type[forms.VerbForm]
    action: Callable[..., None]
    icon: str  # of Material Symbols
    explanation: str | Promise
    style: str = CALM
    fits: Callable[[Case], bool] | None = None
    locks: str = ""  # its argument that is another case, which it changes too

    @property
    def label(self) -> str:
        return checks.verb_label(self.name)

    def run(self, case: Case, book: Book, *, by: User, now: datetime, data: Mapping[str, Any]) -> None:
        """Call the verb on a locked case. `data`: its keyword arguments, as `VerbForm.values` gives them."""
        self.action(case, book, by=by, now=now, **data)


VERBS: dict[str, VerbSpec] = {
    spec.name: spec
    for spec in (
        VerbSpec(
            "respond",
            forms.RespondForm,
            actions.respond,
            "call",
            style=MAIN,
            fits=lambda case: case.responded_at is None,
            explanation=_("Writes down that the customer has had a first answer."),
        ),
        VerbSpec(
            "accept",
            forms.AcceptForm,
            actions.accept,
            "front_hand",
            style=MAIN,
            explanation=_("The case becomes yours; the reporter is told who has it, and thanked."),
        ),
        VerbSpec(
            "resume",
            forms.ResumeForm,
            actions.resume,
            "play_arrow",
            style=MAIN,
            fits=lambda case: case.held_at is not None,
            explanation=_("The clocks go on and get the time of the hold back."),
        ),
        VerbSpec(
            "resolve",
            forms.ResolveForm,
            actions.resolve,
            "task_alt",
            style=MAIN,
            explanation=_("Result and prevention go to everyone concerned; the customer is asked to confirm."),
        ),
        VerbSpec(
            "escalate",
            forms.EscalateForm,
            actions.escalate,
            "escalator",
            style=MAIN,
            fits=lambda case: case.level.rank < TOP_RANK,
            explanation=_("The case goes up and waits there for somebody to accept it."),
        ),
        VerbSpec(
            "send_back",
            forms.SendBackForm,
            actions.send_back,
            "undo",
            explanation=_("The case returns to where it came from, with your advice."),
        ),
        VerbSpec(
            "hand_over",
            forms.HandOverForm,
            actions.hand_over,
            "swap_horiz",
            explanation=_("A colleague on the same level becomes the owner at once."),
        ),
        VerbSpec(
            "hold",
            forms.HoldForm,
            actions.hold,
            "pause",
            fits=lambda case: case.held_at is None,
            explanation=_("The clocks stand still until then, or until you resume."),
        ),
        VerbSpec(
            "de_escalate",
            forms.DeEscalateForm,
            actions.de_escalate,
            "south",
            fits=lambda case: case.level.rank > 1,
            explanation=_("The case goes down to a team that can finish it."),
        ),
        VerbSpec(
            "confirm",
            forms.ConfirmForm,
            actions.confirm,
            "thumb_up",
            style=MAIN,
            fits=lambda case: case.confirmation not in ANSWERED,
            explanation=_("Writes down on the customer's behalf that the matter is settled."),
        ),
        VerbSpec(
            "review",
            forms.ReviewForm,
            actions.review,
            "rate_review",
            style=MAIN,
            explanation=_("Closes the case for good. A recurrence is a new case, linked to this one."),
        ),
        VerbSpec(
            "reopen",
            forms.ReopenForm,
            actions.reopen,
            "replay",
            style=GRAVE,
            explanation=_("The case goes back to its owner; the second time it also goes up a level."),
        ),
        VerbSpec(
            "note",
            forms.NoteForm,
            actions.note,
            "edit_note",
            explanation=_("Goes on the timeline. What is for the reporter or the customer is sent to them by mail."),
        ),
        VerbSpec(
            "attach",
            forms.AttachForm,
            actions.attach,
            "attach_file",
            explanation=_("Photos and documents for those who may read the case. Every download is written down."),
        ),
        VerbSpec(
            "link",
            forms.LinkForm,
            actions.link,
            "link",
            explanation=_("Says how two cases belong together."),
        ),
        VerbSpec(
            "merge",
            forms.MergeForm,
            actions.merge,
            "merge",
            locks="into",
            explanation=_(
                "This case ends as a duplicate and goes on in the other one; who followed it, follows that one."
            ),
        ),
        VerbSpec(
            "follow",
            forms.FollowForm,
            actions.follow,
            "visibility",
            explanation=_("You hear by mail how the case goes on."),
        ),
        VerbSpec(
            "unfollow",
            forms.UnfollowForm,
            actions.unfollow,
            "visibility_off",
            explanation=_("You hear no more of the case than you have to."),
        ),
    )
}

# The next step that people take most often comes first. `follow` and `unfollow` have a place of their own.
LIKELIHOOD: dict[str, tuple[str, ...]] = {
    State.RECEIVED: (
        "respond",
        "escalate",
        "resume",
        "resolve",
        "note",
        "attach",
        "hand_over",
        "hold",
        "merge",
        "link",
    ),
    State.ESCALATED: ("accept", "send_back", "note", "attach", "escalate", "link"),
    State.IN_PROGRESS: (
        "resume",
        "resolve",
        "note",
        "attach",
        "escalate",
        "hand_over",
        "hold",
        "de_escalate",
        "merge",
        "link",
    ),
    State.RESOLVED: ("confirm", "review", "reopen", "note", "attach", "link"),
    State.REVIEWED: ("link",),
}


def refusal(case: Case, verb: str, user: User, directory: Directory | None = None) -> Refused | None:
    """Why the case's state or the person forbids the verb; None if neither does. Reads at most the organisation."""
    try:
        checks.state_allows(case, verb)
        if verb in checks.FOR_READERS:
            checks.reader(case, verb, user)
            return None
        if directory is None and checks.is_manager(user):
            directory = Directory.read()
        checks.person_may(case, verb, checks.ties(case, user, directory))
        if verb == "review":
            checks.not_the_owner(case, user)
    except Refused as refused:
        return refused
    return None


def legal_verbs(case: Case, user: User, directory: Directory | None = None) -> list[VerbSpec]:
    """The verbs that state and person allow and that make sense now, the likeliest first.

    The case should have `team` and `level` loaded; a manager's `directory` is read if none is given.
    """
    if directory is None and checks.is_manager(user):
        directory = Directory.read()
    offered = [VERBS[name] for name in LIKELIHOOD[case.state]]
    return [
        spec
        for spec in offered
        if (spec.fits is None or spec.fits(case)) and refusal(case, spec.name, user, directory) is None
    ]


def fingerprint(case: Case) -> str:
    """Where the case stands. A form carries it, so that one sent twice, or sent late, is not taken for a new wish."""
    return f"{case.state}.{case.team_id}.{case.owner_id or 0}.{case.escalations}.{case.reopenings}"


def run_verb(pk: int, verb: str, user: User, data: Mapping[str, Any], source: Source, *, seen: str = "") -> Case:
    """Do it now: lock the case, run the verb, write. Returns the case as written.

    `seen`: the fingerprint that the person had before their eyes, if it matters. Raises Refused, Case.DoesNotExist.
    """
    also = [data[VERBS[verb].locks].pk] if VERBS[verb].locks else []
    with one_case(pk, source=source, also=also) as (case, book):
        checks.state_allows(case, verb)
        if seen and seen != fingerprint(case) and verb not in ALWAYS_WELCOME:
            raise Refused(
                "stale",
                gettext(
                    "Meanwhile %(number)s has moved on: it is %(state)s at %(team)s, owner: %(owner)s. "
                    "Please look again before you decide."
                )
                % {
                    "number": case.number,
                    "state": case.get_state_display(),
                    "team": case.team,
                    "owner": case.owner or gettext("nobody yet"),
                },
            )
        VERBS[verb].run(case, book, by=user, now=timezone.now(), data=data)
    return case
