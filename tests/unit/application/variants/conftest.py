"""Fixtures of the tests of variants."""

from tests.fixtures.variants import genome, model, query

__all__ = ["genome", "model", "query"]
