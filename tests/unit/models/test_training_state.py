"""A killed training leaves its state, and the next one resumes it to the same result."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from tfmoe.models import training_state
from tfmoe.models.device import Compute
from tfmoe.models.training import train_expert
from tfmoe.models.training_data import Member
from tfmoe.models.training_settings import TrainingSettings
from tfmoe.models.training_state import Snapshot, TrainingState, digest

SCRIPTS = Path(__file__).parents[3] / "scripts"
NEGATIVES = {"genomic": 2, "dinucleotide": 0.5}
OUTPUTS = ("model.safetensors", "config.json", "history.tsv")
STEPS = 7  # of an epoch: 60 positives and 150 negatives in batches of 32
NAMES = ["state/training.safetensors"]

# A process that trains and kills itself, as a scheduler does: after a number of steps, or while
# writing the state for the given time.
KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from tests.fixtures.models import COMPUTE, NEGATIVES, training_settings
from tfmoe.models import optimiser, training_state
from tfmoe.models.training import train_expert
from tfmoe.models.training_data import Member

folder, sequences, when, number = Path(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5])
training_state.LARGEST_SHARE = 1e9  # keep each epoch, however short
count = 0

def die_after(function):
    def wrapped(*arguments, **named):
        global count
        result = function(*arguments, **named)
        count += 1
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return wrapped

if when == "step":
    optimiser.Optimiser._step = die_after(optimiser.Optimiser._step)
if when == "write":
    training_state.save_file = die_after(training_state.save_file)
member = Member("Alpha", ["Alpha"], {"Alpha": Path(sequences)})
train_expert(
    "Alpha", [member], None, NEGATIVES, training_settings(**eval(sys.argv[6])), 1, 0, COMPUTE,
    folder / "out", folder / "state",
)
"""


def train_until_killed(
    folder: Path, sequences: Path, when: str, number: int, changes: dict[str, object] | None = None
) -> None:
    command = [sys.executable, "-c", KILLED, str(SCRIPTS), str(folder), str(sequences)]
    ended = subprocess.run(
        [*command, when, str(number), repr(changes or {})],
        cwd=SCRIPTS.parent,
        env={**os.environ, "PYTHONPATH": str(SCRIPTS.parent)},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert not (folder / "out").exists()


@pytest.fixture
def train(
    project: Path,
    settings: Callable[..., TrainingSettings],
    compute: Compute,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Callable[..., list[str]]:
    """Train in this process with the state in `folder`, and return the log."""
    monkeypatch.setattr(training_state, "LARGEST_SHARE", 1e9)

    def run(
        folder: Path, data: Path = project / "Alpha.parquet", code: str = "", **changes: object
    ) -> list[str]:
        member = Member("Alpha", ["Alpha"], {"Alpha": data})
        caplog.clear()
        with caplog.at_level(logging.INFO):
            train_expert(
                *("Alpha", [member], None, NEGATIVES, settings(**changes), 1, 0, compute),
                folder / "out",
                folder / "state",
                code,
            )
        return list(caplog.messages)

    return run


def outputs(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in OUTPUTS]


@pytest.mark.parametrize(
    ("when", "number", "epochs"),
    [
        ("step", 3, 0),  # in the first epoch: nothing to resume
        ("step", 4 * STEPS, 3),  # before the fourth epoch is validated
        ("step", 6 * STEPS + 2, 6),  # in the middle of the seventh
        ("write", 5, 4),  # the fifth state is written, but has not yet taken its place
        ("step", 12 * STEPS, 11),  # before the last is validated
    ],
)
def test_a_killed_training_ends_as_an_uninterrupted_one(
    when: str,
    number: int,
    epochs: int,
    project: Path,
    reference: Path,
    tmp_path: Path,
    train: Callable[..., list[str]],
) -> None:
    train_until_killed(tmp_path, project / "Alpha.parquet", when, number)
    log = train(tmp_path)
    resumed = f"expert Alpha, seed 0: resuming after epoch {epochs}"
    assert (resumed in log) == (epochs > 0)
    assert len([line for line in log if "training loss" in line]) == 12 - epochs
    assert outputs(tmp_path / "out") == outputs(reference)
    assert not (tmp_path / "state").exists()


def test_a_training_killed_twice(
    project: Path, tmp_path: Path, train: Callable[..., list[str]]
) -> None:
    """With SGD, whose momentum is stored, and patience, which counts across the interruption."""
    changes = {"optimiser": "sgd", "patience": 2, "learning_rate": 0.01, "momentum": 0.9}
    train(tmp_path / "whole", **changes)
    train_until_killed(tmp_path, project / "Alpha.parquet", "step", STEPS + 3, changes)
    train_until_killed(tmp_path, project / "Alpha.parquet", "step", STEPS + 1, changes)
    assert "expert Alpha, seed 0: resuming after epoch 2" in train(tmp_path, **changes)
    assert outputs(tmp_path / "out") == outputs(tmp_path / "whole" / "out")


def test_a_robust_training_killed_in_the_middle_of_a_batch(
    project: Path, reference: Path, tmp_path: Path, train: Callable[..., list[str]]
) -> None:
    """Twelve epochs become four, of three times as many steps."""
    changes = {"robust": {"substitutions": 2, "replays": 3, "share": 0.7}}
    train(tmp_path / "whole", **changes)
    train_until_killed(tmp_path, project / "Alpha.parquet", "step", 2 * 3 * STEPS + 4, changes)
    assert "expert Alpha, seed 0: resuming after epoch 2" in train(tmp_path, **changes)
    assert outputs(tmp_path / "out") == outputs(tmp_path / "whole" / "out")
    plain, robust = (
        pd.read_csv(part / "history.tsv", sep="\t") for part in (reference, tmp_path / "out")
    )
    assert (len(plain), len(robust)) == (12, 4)
    assert robust["learning_rate"].iloc[-1] == plain["learning_rate"].iloc[-1]


def test_a_training_killed_before_its_result_was_written(
    tmp_path: Path,
    train: Callable[..., list[str]],
    monkeypatch: pytest.MonkeyPatch,
    reference: Path,
) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("tfmoe.models.training.save_expert", fail)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path)
    log = train(tmp_path)
    assert log[0].endswith("resuming after epoch 12")
    assert outputs(tmp_path / "out") == outputs(reference)


@pytest.fixture
def killed(
    tmp_path: Path, train: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder with the state of a training that ended after its last epoch."""
    with monkeypatch.context() as patched:
        patched.setattr(TrainingState, "remove", lambda self: None)
        train(tmp_path, epochs=2)
    assert [str(path.relative_to(tmp_path)) for path in (tmp_path / "state").iterdir()] == NAMES
    return tmp_path


def test_a_state_of_other_settings_is_not_used(
    killed: Path, train: Callable[..., list[str]]
) -> None:
    log = train(killed, epochs=2, dropout=0.3)
    assert f"expert Alpha, seed 0: the state in {killed / 'state'}" in log[0]
    assert "a training with other settings;" in log[0]
    assert not (killed / "state").exists()


def test_a_state_of_other_data_is_not_used(
    killed: Path, project: Path, train: Callable[..., list[str]]
) -> None:
    log = train(killed, project / "Beta.parquet", epochs=2)
    assert "a training with other data;" in log[0]


def test_a_state_of_other_code_is_not_used(killed: Path, train: Callable[..., list[str]]) -> None:
    log = train(killed, code="other", epochs=2)
    assert "a training with other code;" in log[0]


@pytest.mark.parametrize("left", [0, 5, 3000])
def test_a_truncated_state_is_not_used(
    left: int, killed: Path, reference: Path, train: Callable[..., list[str]]
) -> None:
    path = killed / NAMES[0]
    path.write_bytes(path.read_bytes()[:left])
    log = train(killed)
    assert "is damaged (" in log[0]
    assert outputs(killed / "out") == outputs(reference)


def test_the_state_holds_tensors_and_json_alone(killed: Path) -> None:
    tensors = load_file(killed / NAMES[0])
    assert {name.split("/")[0] for name in tensors} == {"steps", "best", "random"}
    assert str(killed) not in (killed / NAMES[0]).read_bytes().decode("latin-1")


def snapshot() -> Snapshot:
    return Snapshot({"x": torch.arange(3)}, {"large": 2**100, "number": 0.1})


def test_a_state_comes_back_as_it_was(tmp_path: Path) -> None:
    state = TrainingState(tmp_path, {"data": "a"}, "x")
    assert state.read() is None
    state.write(snapshot)
    found = state.read()
    assert found is not None
    assert found.numbers == {"large": 2**100, "number": 0.1}
    assert found.tensors["x"].tolist() == [0, 1, 2]


def test_little_time_goes_into_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing takes one second here, so that the next time is due after a hundred thirds."""
    now = [0.0]
    monkeypatch.setattr(training_state.time, "monotonic", lambda: now[0])
    state = TrainingState(tmp_path, {}, "x")
    taken = []

    def take() -> Snapshot:
        taken.append(now[0])
        now[0] += 1.0
        return snapshot()

    for _ in range(10):
        now[0] += 9.0  # an epoch
        state.write(take)
    assert taken == [9.0, 46.0, 83.0]


def test_without_a_folder_nothing_is_kept() -> None:
    state = TrainingState(None, {}, "x")
    state.write(snapshot)
    assert state.read() is None
    state.remove()


def test_a_digest_distinguishes_shapes_and_types() -> None:
    row = np.zeros((1, 4), dtype=np.uint8)
    found = {digest(row), digest(row.T), digest(row.view(np.int8)), digest(row.tobytes())}
    assert len(found) == 4
    assert digest(row[:, ::2]) == digest(row[:, :2])
