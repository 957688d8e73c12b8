"""Fixtures of the tests of variants."""

from tests.fixtures.conditioned import fitted, run
from tests.fixtures.models import project
from tests.fixtures.variants import genome, model, query

__all__ = ["fitted", "genome", "model", "project", "query", "run"]
