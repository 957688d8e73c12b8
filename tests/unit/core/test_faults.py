"""Collected faults."""

from __future__ import annotations

import pytest

from tfmoe.core.errors import ConfigError, InputError
from tfmoe.core.faults import Faults


def fail(message: str) -> int:
    raise InputError(message)


def test_faults_are_raised_together_each_once_and_in_order():
    faults = Faults()
    assert faults.result(fail, "a: first\nb: second") is None
    assert faults.result(lambda value: value + 1, 1) == 2
    faults.add("b: second", "c: third")
    assert faults.messages == ["a: first", "b: second", "c: third"]
    with pytest.raises(ConfigError) as error:
        faults.raise_any()
    assert str(error.value) == "a: first\nb: second\nc: third"


def test_without_faults_nothing_is_raised_and_other_errors_pass():
    faults = Faults()
    faults.raise_any()
    with pytest.raises(ZeroDivisionError):
        faults.result(lambda: 1 // 0)
