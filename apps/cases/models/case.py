"""The case and its state table: the `@transition` decorators are the table, their bodies only set fields."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django_fsm import RETURN_VALUE, ConcurrentTransitionMixin, FSMField, FSMModelMixin, transition

from apps.audit.history import History
from apps.cases.models.choices import OPEN_STATES, Confirmation, Outcome, State, Support
from apps.people.models import Department, Level, Role, Team
from apps.policy.models import Category, Impact, Priority, Urgency, Version

if TYPE_CHECKING:
    from apps.people.models import User


class Counter(models.Model):
    """The last case number given in a year (by the calendar of settings.TIME_ZONE)."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class CaseQuerySet(models.QuerySet["Case"]):
    def open(self) -> CaseQuerySet:
        return self.filter(state__in=OPEN_STATES)

    def inbox_of(self, user: User) -> CaseQuerySet:
        """Escalated to one of the person's teams and not accepted by anyone yet."""
        return self.filter(state=State.ESCALATED, team__in=[m.team_id for m in user.membership_list])

    def in_hands_of(self, user: User) -> CaseQuerySet:
        return self.open().filter(owner=user)

    def by_urgency(self) -> CaseQuerySet:
        """Most urgent first: what is due next, then the priority, then the oldest."""
        return self.alias(next_due=models.Min("deadlines__due_at", filter=Q(deadlines__state="RUNNING"))).order_by(
            models.F("next_due").asc(nulls_last=True), "priority", "received_at"
        )

    def visible_to(self, user: User) -> CaseQuerySet:
        """The cases that the person may read. Verbs check again by themselves, under the lock.

        Operators: their department's cases and their own. Responders and leads: their teams', also those handed off by
        them. Managers: their department tree. Auditors and superusers: all. A confidential case: its reporter, its
        owner, the team that holds it, and auditors.
        """
        roles, memberships = user.roles, user.membership_list
        if user.is_superuser or Role.AUDITOR in roles:
            return self
        teams = {membership.team_id for membership in memberships}
        departments = {m.team.department_id for m in memberships if m.role == Role.OPERATOR} | user.managed_departments
        # asked case by case: a list of all that a team ever handed off would be made for every page
        handed_off = Exists(self.model._base_manager.filter(pk=OuterRef("pk"), hand_offs__from_team__in=teams))
        around = Q(department__in=departments) | Q(team__department__in=departments) | handed_off
        return self.filter(Q(reporter=user) | Q(owner=user) | Q(team__in=teams) | (Q(confidential=False) & around))


class Case(ConcurrentTransitionMixin, FSMModelMixin, models.Model):
    """One problem from its report to its review. Written by `cases.ledger` alone."""

    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    state = FSMField(_("state"), choices=State.choices, default=State.RECEIVED, protected=True, editable=False)
    priority = models.CharField(_("priority"), max_length=2, choices=Priority.choices)
    impact = models.CharField(_("impact"), max_length=10, choices=Impact.choices)
    urgency = models.CharField(_("urgency"), max_length=10, choices=Urgency.choices)
    policy_version = models.ForeignKey(Version, models.PROTECT, verbose_name=_("policy version"), related_name="cases")

    # the escalation sheet
    subject = models.CharField(_("subject"), max_length=200)
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, verbose_name=_("kind of case"), related_name="cases"
    )
    urgency_reason = models.TextField(_("why this urgency"), blank=True)
    customer = models.CharField(_("customer"), max_length=200, blank=True)
    customer_plan = models.CharField(_("contract or plan"), max_length=100, blank=True)
    customer_email = models.EmailField(_("customer's mail address"), blank=True)
    customer_phone = models.CharField(_("customer's telephone"), max_length=40, blank=True)
    occurred_at = models.DateTimeField(_("occurred at"), null=True, blank=True)
    place = models.CharField(_("place"), max_length=200, blank=True)
    department = models.ForeignKey(Department, models.PROTECT, verbose_name=_("department"), related_name="cases")
    facts = models.TextField(_("facts (who, what, when, where, why, how)"))
    customer_said = models.TextField(_("what the customer said, in gist"), blank=True)
    first_line_did = models.TextField(_("what the first line did"), blank=True)
    stuck_on = models.TextField(_("where it is stuck"), blank=True)
    support_wanted = models.CharField(_("support wanted"), max_length=20, choices=Support.choices, blank=True)
    wanted_by = models.DateTimeField(_("wanted by"), null=True, blank=True)
    contact = models.CharField(_("how to reach the reporter"), max_length=200, blank=True)
    flags = models.JSONField(_("signs of danger"), default=list, blank=True)
    amount = models.DecimalField(_("amount at stake (JPY)"), max_digits=14, decimal_places=0, null=True, blank=True)
    confidential = models.BooleanField(_("confidential"), default=False)

    # who and where
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name=_("reporter"), related_name="reported_cases"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name=_("owner"), related_name="owned_cases"
    )
    team = models.ForeignKey(Team, models.PROTECT, verbose_name=_("team"), related_name="cases")
    level = models.ForeignKey(Level, models.PROTECT, verbose_name=_("level"), related_name="cases")
    rung = models.PositiveSmallIntegerField(_("rung of the ladder"), default=0)
    rung_repeats = models.PositiveSmallIntegerField(_("times this rung was repeated"), default=0)

    # what happened when
    received_at = models.DateTimeField(_("received at"), db_index=True)
    responded_at = models.DateTimeField(_("first response at"), null=True)
    escalated_at = models.DateTimeField(_("escalated at"), null=True)
    accepted_at = models.DateTimeField(_("accepted at"), null=True)
    held_at = models.DateTimeField(_("on hold since"), null=True)
    resolved_at = models.DateTimeField(_("resolved at"), null=True)
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True)
    active_at = models.DateTimeField(_("last activity at"))
    escalations = models.PositiveSmallIntegerField(_("escalations"), default=0)
    reopenings = models.PositiveSmallIntegerField(_("reopenings"), default=0)

    # how it ended
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome.choices, blank=True)
    resolution = models.TextField(_("resolution"), blank=True)
    cause = models.TextField(_("cause"), blank=True)
    prevention = models.TextField(_("prevention"), blank=True)
    confirmation = models.CharField(_("customer's answer"), max_length=20, choices=Confirmation.choices, blank=True)
    satisfaction = models.PositiveSmallIntegerField(_("satisfaction (1–5)"), null=True)

    search_text = models.TextField(blank=True, editable=False)  # `search.text_of`, kept by the ledger

    history = History(excluded_fields=["search_text"])

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        ordering = ["-received_at", "-id"]
        indexes = [
            models.Index(fields=["team", "state"], name="cases_case_team_state"),
            models.Index(fields=["owner", "state"], name="cases_case_owner_state"),
            models.Index(fields=["department", "state"], name="cases_case_department_state"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="cases_case_state_known"),
            models.CheckConstraint(
                condition=~Q(state=State.ESCALATED) | Q(owner=None, escalated_at__isnull=False),
                name="cases_case_escalated_waits_for_an_owner",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.IN_PROGRESS) | Q(owner__isnull=False, accepted_at__isnull=False),
                name="cases_case_in_progress_has_an_owner",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[State.RESOLVED, State.REVIEWED])
                | (Q(resolved_at__isnull=False) & ~Q(outcome="") & ~Q(resolution="")),
                name="cases_case_resolved_has_a_result",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[State.RESOLVED, State.REVIEWED], resolved_at__isnull=False)
                | (Q(resolved_at=None) & ~Q(state__in=[State.RESOLVED, State.REVIEWED])),
                name="cases_case_resolved_at_fits_the_state",
            ),
            models.CheckConstraint(
                condition=Q(state=State.REVIEWED, reviewed_at__isnull=False)
                | (Q(reviewed_at=None) & ~Q(state=State.REVIEWED)),
                name="cases_case_reviewed_at_fits_the_state",
            ),
            models.CheckConstraint(
                condition=Q(held_at=None) | Q(state__in=[State.RECEIVED, State.IN_PROGRESS], owner__isnull=False),
                name="cases_case_hold_fits_the_state",
            ),
            models.CheckConstraint(
                condition=Q(satisfaction=None) | Q(satisfaction__gte=1, satisfaction__lte=5),
                name="cases_case_satisfaction_1_to_5",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.subject}"

    def refresh_from_db(self, using: Any = None, fields: Any = None, from_queryset: Any = None) -> None:
        # FSMModelMixin lifts the field's protection class-wide, and for good when the row is gone: lift it for this
        # instance alone by forgetting the value. What is forgotten counts as deferred, so the fields are named.
        names = fields or [each.attname for each in self._meta.concrete_fields if each.attname in self.__dict__]
        before = {"state": self.__dict__.pop("state")} if "state" in self.__dict__ else {}
        try:
            models.Model.refresh_from_db(self, using, names, from_queryset)
        finally:
            self.__dict__.update(before | self.__dict__)
        if not fields:
            self._state.fields_cache.clear()
            self._prefetched_objects_cache: dict[str, Any] = {}

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    # --- the state table ------------------------------------------------------------------------------------------

    @transition(field=state, source=State.RECEIVED, target=None)
    def respond(self, *, owner: User | None, at: datetime) -> None:
        self.owner = owner
        self.responded_at = self.responded_at or at

    @transition(field=state, source=[State.RECEIVED, State.IN_PROGRESS, State.ESCALATED], target=State.ESCALATED)
    def escalate(self, *, team: Team, at: datetime) -> None:
        self.owner = None
        self.team, self.level = team, team.level
        self.escalated_at = at
        self.escalations += 1
        self.rung, self.rung_repeats = 1, 0

    @transition(field=state, source=State.ESCALATED, target=None)
    def climb(self, *, rung: int, repeats: int) -> None:
        self.rung, self.rung_repeats = rung, repeats

    @transition(field=state, source=State.ESCALATED, target=State.IN_PROGRESS)
    def accept(self, *, owner: User, at: datetime) -> None:
        self.owner = owner
        self.accepted_at = at
        self.rung, self.rung_repeats = 0, 0

    @transition(field=state, source=State.ESCALATED, target=RETURN_VALUE(State.RECEIVED, State.IN_PROGRESS))
    def send_back(self, *, to: State, owner: User | None, team: Team) -> State:
        self.owner = owner
        self.team, self.level = team, team.level
        self.rung, self.rung_repeats = 0, 0
        return to

    @transition(field=state, source=State.IN_PROGRESS, target=RETURN_VALUE(State.ESCALATED, State.RECEIVED))
    def de_escalate(self, *, to: State, team: Team, at: datetime) -> State:
        self.owner = None
        self.team, self.level = team, team.level
        if to == State.ESCALATED:
            self.escalated_at = at
            self.rung, self.rung_repeats = 1, 0
        return to

    @transition(field=state, source=[State.RECEIVED, State.IN_PROGRESS], target=None)
    def hand_over(self, *, owner: User, team: Team) -> None:
        self.owner = owner
        self.team = team

    @transition(field=state, source=[State.RECEIVED, State.IN_PROGRESS], target=None)
    def hold(self, *, at: datetime) -> None:
        self.held_at = at

    @transition(field=state, source=[State.RECEIVED, State.IN_PROGRESS], target=None)
    def resume(self) -> None:
        self.held_at = None

    @transition(field=state, source=[State.RECEIVED, State.IN_PROGRESS], target=State.RESOLVED)
    def resolve(self, *, outcome: str, resolution: str, cause: str, prevention: str, at: datetime) -> None:
        self.outcome = outcome
        self.resolution = resolution
        self.cause = cause
        self.prevention = prevention
        self.resolved_at = at
        self.confirmation = ""
        self.satisfaction = None

    @transition(field=state, source=State.RESOLVED, target=None)
    def confirm(self, *, confirmation: str, satisfaction: int | None) -> None:
        self.confirmation = confirmation
        self.satisfaction = satisfaction

    @transition(field=state, source=State.RESOLVED, target=State.IN_PROGRESS)
    def reopen(self, *, owner: User, at: datetime) -> None:
        self.owner = owner
        self.accepted_at = self.accepted_at or at
        self.resolved_at = None
        self.confirmation = Confirmation.NOT_SETTLED
        self.reopenings += 1

    @transition(field=state, source=State.RESOLVED, target=State.REVIEWED)
    def review(self, *, at: datetime) -> None:
        self.reviewed_at = at
