"""Fixtures of the tests of the commands."""

from tests.fixtures.adaptation import genome_peaks
from tests.fixtures.application import model_folder
from tests.fixtures.conditioned import fitted, run
from tests.fixtures.models import project

__all__ = ["fitted", "genome_peaks", "model_folder", "project", "run"]
