"""What only the Snakefile and the rule files need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tfmoe.core.errors import TfmoeError


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn a `TfmoeError` into Snakemake's own error, which is printed as its message alone."""
    from snakemake.exceptions import WorkflowError  # jobs import this package without Snakemake

    try:
        yield
    except TfmoeError as error:
        raise WorkflowError(str(error)) from None
