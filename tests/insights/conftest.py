"""The figures are made of the same cases as the tests of the verbs."""

from tests.cases.conftest import as_user, cast, life

__all__ = ["as_user", "cast", "life"]
