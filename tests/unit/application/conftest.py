"""Fixtures of the tests of the model in use."""

from tests.fixtures.adaptation import adapted, genome_peaks
from tests.fixtures.application import copied_folder, model_folder
from tests.fixtures.conditioned import fitted, run
from tests.fixtures.models import project
from tests.fixtures.small_model import small_model

__all__ = [
    "adapted",
    "genome_peaks",
    "copied_folder",
    "fitted",
    "model_folder",
    "project",
    "run",
    "small_model",
]
