"""Fixtures of the tests of the commands."""

from tests.fixtures.application import model_folder
from tests.fixtures.conditioned import fitted, run
from tests.fixtures.models import project

__all__ = ["fitted", "model_folder", "project", "run"]
