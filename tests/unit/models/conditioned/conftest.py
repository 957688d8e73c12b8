"""Fixtures of the tests of the conditioned mixture."""

from tests.fixtures.conditioned import fitted, run

__all__ = ["run", "fitted"]
