"""Shell around every command: errors and exit codes, outputs, progress, tables."""

from __future__ import annotations

import functools
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from tfmoe.application.reading.standard import is_standard
from tfmoe.core.errors import InputError, TfmoeError, printable
from tfmoe.core.log_level import set_up_log
from tfmoe.core.regular_file import file_fault
from tfmoe.core.threads import set_threads

if TYPE_CHECKING:
    from rich.console import Console

MARK = "tfmoe: "
FAILED, INTERRUPTED, TERMINATED = 1, 130, 143
"""Exit codes for faults of the input, after Ctrl-C, and after SIGTERM. Wrong usage has 2."""
MOST_THREADS = 8
_SECONDS_PER_LINE = 30.0


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command that ends with one message and an exit code if the input is at fault."""

    @functools.wraps(command)
    def wrapped(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
            sys.stdout.flush()
        except TfmoeError as error:
            _end(str(error), FAILED)
        except BrokenPipeError:
            # the interpreter would try to flush standard output again when it ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            _end("standard output was closed before all was written", FAILED)
        except KeyboardInterrupt:
            _end("interrupted", INTERRUPTED)
        except OSError as error:
            _end(_described(error), FAILED)

    return wrapped


def show_log(level: str) -> None:
    """Send messages of the package that have at least a level to standard error."""
    set_up_log(level, [logging.StreamHandler(sys.stderr)], force=False)


def run(app: typer.Typer) -> None:
    """Run the application.

    Standard streams that were closed, as by ``<&-`` of a shell, count as empty files. If the job is
    ended by a scheduler, temporary files are removed too.
    """
    with ExitStack() as stack:
        before = signal.signal(signal.SIGTERM, _terminate)
        stack.callback(signal.signal, signal.SIGTERM, before)
        for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
            if getattr(sys, name) is None:
                empty = stack.enter_context(Path(os.devnull).open(mode, encoding="utf-8"))
                setattr(sys, name, empty)
                stack.callback(setattr, sys, name, None)
        app()


def _terminate(*_: object) -> NoReturn:
    sys.stderr.write(f"{MARK}terminated\n")
    sys.exit(TERMINATED)


def prepare(threads: int | None) -> int:
    """Set the number of threads, before any numerical library is imported, and return it.

    By default all cores that the process may use, at most `MOST_THREADS`.
    """
    if threads is None:
        # macOS cannot limit a process to some cores
        limited = hasattr(os, "sched_getaffinity")
        cores = len(os.sched_getaffinity(0)) if limited else os.cpu_count() or 1
        threads = min(cores, MOST_THREADS)
    set_threads(threads)
    return threads


def check_input(path: Path | None) -> None:
    """Check that an input can be read, before anything takes time.

    Raises
    ------
    InputError
        If it is no readable file.
    """
    if path is None or is_standard(path):
        return
    fault = file_fault(path)
    if fault:
        raise InputError(f"{path}: the file {fault}")


def check_outputs(
    outputs: Sequence[Path | None], force: bool, inputs: Sequence[Path | None] = ()
) -> None:
    """Check that outputs may be written, and that they differ from each other and from the inputs.

    Parameters
    ----------
    outputs
        Names of files to write; those that are `None` or ``-`` are not checked.
    force
        Whether outputs that exist may be replaced.
    inputs
        Files and folders that are read. They are never replaced, whatever `force`.

    Raises
    ------
    InputError
        Naming the first output that cannot be written.
    """
    files = [path for path in outputs if path is not None and not is_standard(path)]
    places = [path.resolve() for path in files]
    read = [path.resolve() for path in inputs if path is not None]
    for row, path in enumerate(files):
        if places[row] in places[:row]:
            raise InputError(f"{path}: found as the name of two outputs; give each its own")
        _check_output(path, force)
        if path.exists() and any(_holds(source, path.resolve()) for source in read):
            raise InputError(f"{path}: the output is also an input; choose another name")


def check_prefix(
    prefix: Path, outputs: Sequence[Path], force: bool, inputs: Sequence[Path | None]
) -> None:
    """Check the common start of the names of several outputs, and the outputs.

    Raises
    ------
    InputError
        If the start is that of no name, or as for `check_outputs`.
    """
    if is_standard(prefix) or prefix.is_dir():
        found = "standard output" if is_standard(prefix) else "a folder"
        raise InputError(
            f"{prefix}: found {found}, expected the start of the files' names, such as folder/name"
        )
    check_outputs(outputs, force, inputs)


def _check_output(path: Path, force: bool) -> None:
    """Raise if a file cannot be written, or exists without `force`."""
    if path.is_dir():
        raise InputError(f"{path}: found a folder, expected the name of an output file")
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: {file_fault(path)}; for standard output, write - as the name")
    if path.exists() and not force:
        raise InputError(f"{path}: the file exists; choose another name, or add --force")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise InputError(f"{path.parent}: the folder does not exist; create it first")
    if not os.access(folder, os.W_OK):
        raise InputError(f"{path.parent}: nothing can be written to the folder; choose another one")


def _holds(source: Path, path: Path) -> bool:
    """Return whether a file is a source, also by another link, or lies in the source's folder."""
    if source.is_dir():
        return path.is_relative_to(source)
    return source.exists() and source.samefile(path)


def console(stderr: bool = False) -> Console:
    """Return a rich console; not on a terminal it writes plain lines of any width.

    Texts are shown as they are: brackets and colons in a name are no markup.
    """
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else 10_000
    return Console(
        stderr=stderr,
        width=width,
        highlight=False,
        soft_wrap=not stream.isatty(),
        markup=False,
        emoji=False,
    )


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: with rules on a terminal, otherwise as tab-separated lines.

    An empty title is left out. Names of files and of models may come from anyone, and are shown
    without control characters.
    """
    rows = [list(map(printable, row)) for row in rows]
    if not sys.stdout.isatty():
        lines = [f"# {title}"] if title else []
        lines += ["\t".join(columns), *("\t".join(row) for row in rows)]
        sys.stdout.write("\n".join(lines) + "\n")
        return
    from rich.table import Table

    printed = Table(title=title or None, title_justify="left", header_style="bold")
    for column in columns:
        printed.add_column(column)
    for row in rows:
        printed.add_row(*row)
    console().print(printed)


def note(message: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(f"{MARK}{printable(message)}\n")


@contextmanager
def progress(description: str, total: int | None, unit: str) -> Iterator[Callable[[int], None]]:
    """Show progress on standard error: a bar on a terminal, otherwise a line every half minute.

    Yields
    ------
    callable
        It adds the given number of units to those done.
    """
    if sys.stderr.isatty():
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.progress import TimeRemainingColumn as Remaining

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(unit),
            Remaining(),
        )
        with Progress(*columns, console=console(stderr=True), transient=True) as bar:
            task = bar.add_task(description, total=total)
            yield lambda number: bar.advance(task, number)
        return
    yield _Lines(description, total, unit).advance


class _Lines:
    """Progress as plain lines."""

    def __init__(self, description: str, total: int | None, unit: str) -> None:
        self._text, self._total, self._unit = description, total, unit
        self._done, self._last = 0, time.monotonic()

    def advance(self, number: int) -> None:
        """Count, and write a line if the last one is old enough."""
        self._done += number
        if time.monotonic() - self._last >= _SECONDS_PER_LINE:
            self._last = time.monotonic()
            of = "" if self._total is None else f" of {self._total:,}"
            sys.stderr.write(f"{self._text}: {self._done:,}{of} {self._unit}\n")


def _described(error: OSError) -> str:
    """Return a message about a file that the system cannot read or write."""
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else f"reading or writing: {reason}"


def _end(message: str, code: int) -> None:
    sys.stderr.write(f"{MARK}{printable(message)}\n")
    raise typer.Exit(code)
