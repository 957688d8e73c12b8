"""Checks of outputs, which all commands share."""

import os
import signal
import sys
from pathlib import Path

import pytest
import typer

from tfmoe.cli.shell import check_outputs, check_prefix, guarded, run
from tfmoe.core.errors import InputError
from tfmoe.core.files import atomic_path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("in.tsv").write_text("input")
    Path("old.tsv").write_text("old")
    Path("link.tsv").symlink_to("in.tsv")
    Path("hard.tsv").hardlink_to("in.tsv")
    Path("model").mkdir()
    Path("model/card.md").write_text("card")
    return tmp_path


def fault(*outputs: str, force: bool = False, inputs: tuple[str, ...] = ("in.tsv",)) -> str:
    with pytest.raises(InputError) as error:
        check_outputs([Path(name) for name in outputs], force, [Path(name) for name in inputs])
    return str(error.value)


def test_names_that_may_be_written(folder: Path) -> None:
    check_outputs([Path("new.tsv"), None, Path("-"), Path("-")], False, [Path("in.tsv"), None])
    check_outputs([Path("old.tsv")], True, [Path("in.tsv"), Path("missing"), Path("model")])
    check_outputs([Path("model/new.tsv")], False, [Path("model")])


def test_an_output_is_replaced_only_by_force(folder: Path) -> None:
    assert fault("old.tsv") == "old.tsv: the file exists; choose another name, or add --force"


@pytest.mark.parametrize("name", ["in.tsv", "link.tsv", "hard.tsv", "../{}/in.tsv"])
def test_an_input_is_never_replaced(folder: Path, name: str) -> None:
    name = name.format(folder.name)
    message = f"{name}: the output is also an input; choose another name"
    assert fault(name, force=True) == message


def test_a_file_of_the_model_is_never_replaced(folder: Path) -> None:
    message = "model/card.md: the output is also an input; choose another name"
    assert fault("model/card.md", force=True, inputs=("model",)) == message


def test_two_outputs_need_two_names(folder: Path) -> None:
    message = "./new.tsv: found as the name of two outputs; give each its own"
    assert fault("new.tsv", f"{folder}/new.tsv").endswith(message.removeprefix("./new.tsv"))


def test_folders(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fault("model") == "model: found a folder, expected the name of an output file"
    assert fault("no/new.tsv") == "no: the folder does not exist; create it first"
    assert fault("in.tsv/new.tsv") == "in.tsv: the folder does not exist; create it first"
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    message = "model: nothing can be written to the folder; choose another one"
    assert fault("model/new.tsv") == message


def test_a_device_is_never_replaced(folder: Path) -> None:
    message = "/dev/null: is a device, expected a file; for standard output, write - as the name"
    assert fault("/dev/null", force=True) == message


@pytest.mark.parametrize(("prefix", "found"), [("-", "standard output"), ("model", "a folder")])
def test_a_prefix_that_is_no_name(folder: Path, prefix: str, found: str) -> None:
    outputs = [Path(f"{prefix}.tsv")]
    message = (
        f"{prefix}: found {found}, expected the start of the files' names, such as folder/name"
    )
    with pytest.raises(InputError) as error:
        check_prefix(Path(prefix), outputs, False, [])
    assert str(error.value) == message
    check_prefix(Path("model/new"), [Path("model/new.tsv")], False, [Path("model")])


def test_closed_streams_count_as_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    app = typer.Typer()

    @app.command()
    def command() -> None:
        found.append(sys.stdin.read())
        sys.stdout.write("text")

    monkeypatch.setattr(sys, "argv", ["tfmoe"])
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    with pytest.raises(SystemExit) as ended:
        run(app)
    assert (ended.value.code, found) == (0, [""])


def test_a_terminated_command_removes_its_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    app = typer.Typer()

    @app.command()
    def command() -> None:
        with atomic_path(tmp_path / "out.tsv") as temporary:
            temporary.write_text("half")
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(sys, "argv", ["tfmoe"])
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as ended:
        run(app)
    assert (ended.value.code, capsys.readouterr().err) == (143, "tfmoe: terminated\n")
    assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (InputError("x.bed: wrong"), 1, "tfmoe: x.bed: wrong\n"),
        (OSError(28, "No space left on device"), 1, "tfmoe: reading or writing: No space left on "
         "device\n"),
        (PermissionError(13, "Permission denied", "x.tsv"), 1, "tfmoe: x.tsv: Permission denied\n"),
        (KeyboardInterrupt(), 130, "tfmoe: interrupted\n"),
    ],
)  # fmt: skip
def test_exit_codes(
    error: BaseException, code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def command() -> None:
        raise error

    with pytest.raises(typer.Exit) as ended:
        guarded(command)()
    assert (ended.value.exit_code, capsys.readouterr().err) == (code, message)
