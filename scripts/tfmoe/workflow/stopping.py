"""Stop a run on this machine within seconds: on Ctrl-C, SIGTERM or the end of its terminal.

Snakemake waits for running jobs on SIGTERM, and also on a SIGINT that reaches only its own process,
which may take hours. Jobs on a cluster are left to Snakemake: it cancels them on Ctrl-C and waits
for them on SIGTERM.
"""

from __future__ import annotations

import atexit
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from tfmoe.core.job import MARK

if TYPE_CHECKING:
    import psutil

Handler = Callable[[int, FrameType | None], None]
CAUSES = {
    signal.SIGINT: "Ctrl-C",
    signal.SIGTERM: "SIGTERM",
    signal.SIGHUP: "the end of its terminal",
}
SECONDS = 3.0
"""Time that a job has to end by itself before it is killed."""


def watch_planning() -> None:
    """Have Ctrl-C and SIGTERM end Snakemake with one sentence.

    Snakemake would print a traceback for Ctrl-C, and be killed by SIGTERM. When it starts jobs, it
    replaces the second with a handler of its own.
    """
    _watch(_stop_planning, signal.SIGINT, signal.SIGTERM)


def watch_jobs(local: bool) -> None:
    """Have signals end the jobs too, once Snakemake is about to start them.

    Parameters
    ----------
    local
        Whether the jobs are processes of this machine.
    """
    from snakemake.shell import shell

    if local:
        # the terminal sends Ctrl-C to all processes: only Snakemake reacts, and ends its jobs
        shell.prefix("set -euo pipefail; trap '' INT; ")
        _watch(_stop_jobs, *CAUSES)
    else:
        _watch(_stop_submitting, signal.SIGINT)


def sentence(cause: signal.Signals) -> str:
    """Return the last line of a run that a signal has stopped."""
    return (
        f"{MARK}stopped by {CAUSES[cause]}; finished results are kept, and the same command "
        "continues from there\n"
    )


def end_jobs(seconds: float) -> NoReturn:
    """End jobs that this process has started or still starts, until it ends itself.

    Parameters
    ----------
    seconds
        Each job gets one SIGTERM; after this time, those that are left are killed.
    """
    import psutil

    asked: set[psutil.Process] = set()
    deadline = time.monotonic() + seconds
    while True:
        # a process may end while it is looked at
        with suppress(psutil.Error):
            for job in _jobs(psutil.Process()):
                if time.monotonic() > deadline:
                    kill_tree(job)
                elif job not in asked:
                    asked.add(job)
                    job.terminate()
        time.sleep(0.5)


def kill_tree(process: psutil.Process) -> None:
    """Kill a process and all processes that it has started."""
    import psutil

    for each in (*process.children(recursive=True), process):
        with suppress(psutil.NoSuchProcess):
            each.kill()


def _watch(handler: Handler, *signals: signal.Signals) -> None:
    if threading.current_thread() is not threading.main_thread():
        return  # Snakemake as a library; Python handles signals in the main thread alone
    for number in signals:
        # as below nohup, or in the background of a script
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _stop_planning(number: int, _: FrameType | None) -> None:
    _leave(number, signal.SIG_IGN)


def _stop_jobs(number: int, _: FrameType | None) -> None:
    from snakemake.logging import logger

    # it would describe each job that is ended here as a failed one
    logger.addFilter(lambda record: record.levelno < logging.WARNING)
    threading.Thread(target=end_jobs, args=(SECONDS,), daemon=True).start()
    _leave(number, signal.SIG_IGN)


def _stop_submitting(number: int, _: FrameType | None) -> None:
    # a second Ctrl-C does not wait until the cluster has cancelled the jobs
    _leave(number, signal.default_int_handler)


def _leave(number: int, further: Handler | signal.Handlers) -> NoReturn:
    """Leave Snakemake, which unlocks the folder on its way out, and handle further signals so."""
    for cause in CAUSES:
        signal.signal(cause, further)
    # after all that Snakemake prints
    atexit.register(sys.stderr.write, sentence(signal.Signals(number)))
    sys.exit(128 + number)


def _jobs(process: psutil.Process) -> Iterator[psutil.Process]:
    """Yield the programs that a process has started, itself or by ``bash -c``."""
    for child in process.children():
        if child.cmdline()[1:2] == ["-c"]:
            # not the shell: Snakemake would take the job as ended before it has
            yield from _jobs(child)
        else:
            yield child
