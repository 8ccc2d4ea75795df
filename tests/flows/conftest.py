"""Whole stories are told with the same cast as the tests of the verbs."""

from tests.cases.conftest import cast, life

__all__ = ["cast", "life"]
