"""Errors that the user can fix.

Each has one message that names the file, line or key, the value found, the value expected and the
remedy. Scripts print only that message. Any other exception is a bug in the program and keeps its
traceback.
"""


class TfmoeError(Exception):
    """Base class of all errors that the user can fix."""


class ConfigError(TfmoeError):
    """A config key, or a combination of keys, cannot be used."""


class InputError(TfmoeError):
    """An input file is missing, damaged or inconsistent with the others."""


class TrainingError(TfmoeError):
    """A network could not be trained on its data."""


class DivergenceError(TrainingError):
    """A training diverged: its loss or its logits are no longer finite."""
