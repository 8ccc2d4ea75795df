"""The models of people: users, the organisation, and who is on duty."""

from .organisation import Authority, Department, Level, Membership, Role, Skill, Team, TeamSkill
from .shift import Shift
from .user import User

__all__ = ["Authority", "Department", "Level", "Membership", "Role", "Shift", "Skill", "Team", "TeamSkill", "User"]
