"""Run Snakemake many times in forked processes, so that its import is paid for once.

Reads lines of JSON, ``{"folder": ..., "arguments": [...]}``, from standard input and answers each
with one line, ``{"status": ..., "output": ...}``.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from typing import Any

import snakemake.cli
from snakemake.executors import touch

_touch = touch.Executor.run_job


def touch_and_record(executor: Any, job: Any) -> None:
    """Touch the outputs of a job, and record it as a computed job is recorded."""
    executor.workflow.async_run(executor.workflow.persistence.finished(job))
    _touch(executor, job)


touch.Executor.run_job = touch_and_record
touch.Executor.SLEEPING_TIME = 0.0


def run(folder: str, arguments: list[str]) -> dict[str, object]:
    """Run one command in a child process."""
    with tempfile.TemporaryFile("w+") as output:
        child = os.fork()
        if child == 0:
            os.chdir(folder)
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            sys.argv = ["snakemake", *arguments]
            status = 1
            try:
                snakemake.cli.main(arguments)
                status = 0
            except SystemExit as ended:
                status = ended.code if isinstance(ended.code, int) else 1
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        _, status = os.waitpid(child, 0)
        output.seek(0)
        return {"status": os.waitstatus_to_exitcode(status), "output": output.read()}


if __name__ == "__main__":
    for line in sys.stdin:
        answer = json.dumps(run(**json.loads(line)))
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()
