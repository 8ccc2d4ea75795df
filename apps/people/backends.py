"""Signing in, and permissions by role."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser

from .models import Role, Team, User
from .permissions import UNMASK, UNMASKS, permissions_of


class RoleBackend(ModelBackend):
    """Password sign-in as Django's; permissions come from the roles alone, so that the memberships tell all.

    Django's groups and permissions given to a single user count for nothing here. A superuser may do everything,
    as everywhere in Django; inactive users and questions about a single object get Django's usual no.
    """

    def get_group_permissions(self, user_obj: User | AnonymousUser, obj: Any = None) -> set[str]:
        """Permissions of all roles that the person has: a role is the only group there is."""
        if user_obj.is_superuser:
            return super().get_group_permissions(user_obj, obj)
        if not isinstance(user_obj, User) or not user_obj.is_active or obj is not None:
            return set()
        found = set().union(*(permissions_of(role) for role in user_obj.roles))
        return found | {UNMASK} if _unmasks(user_obj) else found

    def get_user_permissions(self, user_obj: User | AnonymousUser, obj: Any = None) -> set[str]:
        """Nothing is given to a single user, except that a superuser has all."""
        return super().get_user_permissions(user_obj, obj) if user_obj.is_superuser else set()


def _unmasks(user: User) -> bool:
    """One statement for auditors, none for others."""
    teams = [each.team_id for each in user.membership_list if each.role == Role.AUDITOR]
    return bool(teams) and Team.objects.with_skill(UNMASKS).filter(pk__in=teams).exists()
