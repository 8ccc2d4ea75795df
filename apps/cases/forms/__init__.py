"""What each verb demands, as a form: exactly its fields, limited to what is legal, every hint an example.

A form is a convenience, the verb is the law: it checks again under the lock and may still refuse.
"""

from apps.cases.forms.base import ChecklistForm, VerbForm
from apps.cases.forms.closing import ConfirmForm, ReopenForm, ResolveForm, ReviewForm
from apps.cases.forms.conversation import AttachForm, FollowForm, NoteForm, UnfollowForm
from apps.cases.forms.fields import CaseNumber, Files, LongText, Moment, TeamChoice, YesNo
from apps.cases.forms.handing import AcceptForm, DeEscalateForm, EscalateForm, HandOverForm, SendBackForm
from apps.cases.forms.relating import LinkForm, MergeForm
from apps.cases.forms.working import HoldForm, RespondForm, ResumeForm

__all__ = [
    "AcceptForm",
    "AttachForm",
    "CaseNumber",
    "ChecklistForm",
    "ConfirmForm",
    "DeEscalateForm",
    "EscalateForm",
    "Files",
    "FollowForm",
    "HandOverForm",
    "HoldForm",
    "LinkForm",
    "LongText",
    "MergeForm",
    "Moment",
    "NoteForm",
    "ReopenForm",
    "ResolveForm",
    "RespondForm",
    "ResumeForm",
    "ReviewForm",
    "SendBackForm",
    "TeamChoice",
    "UnfollowForm",
    "VerbForm",
    "YesNo",
]
