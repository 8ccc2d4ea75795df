"""The words that the policy is written in."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Priority(models.TextChoices):
    """Their text sorts from the most to the least urgent."""

    P1 = "P1", _("P1 highest")
    P2 = "P2", _("P2 high")
    P3 = "P3", _("P3 medium")
    P4 = "P4", _("P4 low")


class Impact(models.TextChoices):
    ALL = "ALL", _("everyone")
    SOME = "SOME", _("some")
    ONE = "ONE", _("a single one")


class Urgency(models.TextChoices):
    CRITICAL = "CRITICAL", _("critical")
    HIGH = "HIGH", _("high")
    MEDIUM = "MEDIUM", _("medium")
    LOW = "LOW", _("low")


class Flag(models.TextChoices):
    REFUND = "REFUND", _("refund or compensation")
    PERSONAL_DATA = "PERSONAL_DATA", _("personal data")
    HARASSMENT = "HARASSMENT", _("harassment of staff")
    SAME_FAULT = "SAME_FAULT", _("same fault from several customers")
    LEGAL = "LEGAL", _("legal risk")


class EscalationKind(models.TextChoices):
    FUNCTIONAL = "FUNCTIONAL", _("functional")
    HIERARCHICAL = "HIERARCHICAL", _("hierarchical")


class Means(models.TextChoices):
    PHONE = "PHONE", _("phone call")
    CHAT = "CHAT", _("chat")
    MAIL = "MAIL", _("mail")
    TICKET = "TICKET", _("ticket")


class Target(models.TextChoices):
    TEAM = "TEAM", _("the destination team")
    NAMED_TEAM = "NAMED_TEAM", _("a named team")
    TEAM_ROLE = "TEAM_ROLE", _("a role of the destination team")
    DEPARTMENT_HEAD = "DEPARTMENT_HEAD", _("the head of the department")
    PERSON = "PERSON", _("a named person")
    POLICY_OWNER = "POLICY_OWNER", _("the policy owner")


class Weekday(models.IntegerChoices):
    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class Country(models.TextChoices):
    JAPAN = "JP", _("Japan")


class Verb(models.TextChoices):
    ESCALATE = "ESCALATE", _("escalate")
    RESOLVE = "RESOLVE", _("resolve")
