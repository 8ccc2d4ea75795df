"""The models of people: users, the organisation, and who is on duty."""

from .organisation import WORKING_ROLES, Authority, Department, Level, Membership, Role, Skill, Team, TeamSkill
from .shift import Shift
from .user import User

__all__ = [
    "WORKING_ROLES",
    "Authority",
    "Department",
    "Level",
    "Membership",
    "Role",
    "Shift",
    "Skill",
    "Team",
    "TeamSkill",
    "User",
]
