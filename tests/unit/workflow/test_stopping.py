import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tfmoe.workflow.stopping import sentence

# a job that ends by itself, behind a shell as Snakemake starts it, or one that has to be killed
PROGRAM = """
import signal, subprocess, sys
from tfmoe.workflow import stopping

signal.signal(signal.SIGINT, signal.default_int_handler)  # else ignored in the background
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # else ignored below nohup
stopping.SECONDS = 0.3
stopping.watch_jobs(local=True)
job = subprocess.Popen(["bash", "-c", f"trap '' INT; {sys.executable} {sys.argv[1]}; exit $?"])
try:
    job.wait()
finally:
    sys.stderr.write(f"job: {job.wait()}\\n")
"""
JOB = """
import signal, sys, time
from pathlib import Path

signal.signal(signal.SIGTERM, {handler})
Path("ready").touch()
time.sleep(60)
"""


@pytest.fixture(scope="module")
def ends() -> str:
    return "lambda *_: sys.exit(7)"


def stopped(folder: Path, handler: str, number: signal.Signals, group: bool) -> tuple[int, str]:
    """Return exit code and output of a program that a signal stops while its job runs."""
    (folder / "program.py").write_text(PROGRAM)
    (folder / "job.py").write_text(JOB.format(handler=handler))
    program = subprocess.Popen(
        [sys.executable, "program.py", "job.py"], cwd=folder, stderr=subprocess.PIPE, text=True,
        start_new_session=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    while not (folder / "ready").exists():
        assert program.poll() is None
    (os.killpg if group else os.kill)(program.pid, number)
    _, printed = program.communicate(timeout=20)
    return program.returncode, printed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_jobs(tmp_path: Path, ends: str, number: signal.Signals):
    code, printed = stopped(tmp_path, ends, number, group=False)
    assert code == 128 + number
    assert printed == "job: 7\n" + sentence(number)


def test_ctrl_c_of_a_terminal_reaches_snakemake_alone(tmp_path: Path, ends: str):
    code, printed = stopped(tmp_path, ends, signal.SIGINT, group=True)
    assert (code, printed) == (130, "job: 7\n" + sentence(signal.SIGINT))


def test_a_job_that_does_not_end_is_killed(tmp_path: Path):
    code, printed = stopped(tmp_path, "signal.SIG_IGN", signal.SIGTERM, group=False)
    assert code == 143
    assert printed.endswith("job: 137\n" + sentence(signal.SIGTERM))


def test_the_sentence():
    assert sentence(signal.SIGINT) == (
        "tfmoe: stopped by Ctrl-C; finished results are kept, and the same command continues from "
        "there\n"
    )
