"""Preparation of a second run from ``run.json``; the run itself is a drill."""

from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml

from tfmoe.core.errors import InputError
from tfmoe.core.experiments import Experiment, read_experiments
from tfmoe.core.files import read_json, write_json
from tfmoe.workflow.fingerprint import Fingerprints
from tfmoe.workflow.reproduce import (
    CONFIG,
    Inputs,
    find_inputs,
    other_code,
    read_finished,
    run_again,
    write_project,
)

PEAKS = "chr1\t1\t2\n"
SHA = sha256(PEAKS.encode()).hexdigest()
ROW = asdict(Experiment("A_x", "GATA3", "x", "train", "-", "-", "peaks/a.bed;peaks/b.bed", "-"))


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Return the folder of a project with a finished run."""
    folder = tmp_path / "mine"
    (folder / "peaks").mkdir(parents=True)
    for name in ("a", "b"):
        (folder / f"peaks/{name}.bed").write_text(PEAKS)
    (tmp_path / "genome.fa").write_text(PEAKS)
    inputs = {"peaks/a.bed": SHA, "peaks/b.bed": SHA, "../genome.fa": SHA}
    inputs |= {"<results>/simulation/x": "", f"resources/downloads/{SHA}/z.bed": SHA}
    config = {"run": "mine", "experiments": "config/table.tsv", "genome": {"fasta": "../genome.fa"}}
    state = {"config": config, "experiments": {"A_x": ROW}, "inputs": inputs, "code": {}}
    write_json(state, folder / "results/mine/run.json")
    return folder


def recorded(base: Path, **changes: Any) -> dict[str, Any]:
    return read_finished(base / "results/mine") | changes


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"config": "text"}, "config"),
        ({"config": {"run": ["mine"], "experiments": "t.tsv"}}, "config.run"),
        ({"config": {"run": "mine"}}, "config"),
        ({"experiments": {}}, "experiments"),
        ({"experiments": {"A_x": "row"}}, "experiments.A_x"),
        ({"experiments": {"A_x": {"peaks": "a.bed"}}}, "experiments.A_x"),
        ({"inputs": ["a.bed"]}, "inputs"),
        ({"commit": {"commit": "x; rm -rf ~", "clean": True}}, "commit.commit"),
        ({"environments": [{}]}, "environments.0"),
    ],
)
def test_a_damaged_record(base: Path, changes: dict[str, Any], place: str) -> None:
    path = base / "results/mine/run.json"
    write_json(read_json(path) | changes, path)
    with pytest.raises(InputError, match=f"run.json: `{place}` is damaged; restore the file"):
        read_finished(base / "results/mine")


def test_a_new_project_has_config_table_and_links(base: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    inputs = find_inputs(recorded(base), base, {}, new)
    assert inputs == Inputs(
        links={name: base / name for name in ("peaks/a.bed", "peaks/b.bed")},
        moved={"../genome.fa": str(base / "../genome.fa")},
    )
    write_project(recorded(base), inputs, None, new)
    config = yaml.safe_load((new / CONFIG).read_text())
    assert config["genome"]["fasta"] == str(base / "../genome.fa")
    assert config["experiments"] == "config/table.tsv"
    assert (new / "peaks/a.bed").resolve() == base / "peaks/a.bed"
    table = read_experiments(new / "config/table.tsv")
    assert table["A_x"].peaks == "peaks/a.bed;peaks/b.bed"
    assert not (new / "resources").exists()


def test_a_begun_reproduction_goes_on_and_nothing_is_overwritten(
    base: Path, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    inputs = find_inputs(recorded(base), base, {}, new)
    for _ in range(2):
        write_project(recorded(base), inputs, base, new)
    with pytest.raises(InputError, match="not the begun reproduction of this run"):
        write_project(recorded(base), inputs, None, new)
    with pytest.raises(InputError, match="not the begun reproduction of this run"):
        write_project(recorded(base), inputs, None, base)
    assert read_json(base / "results/mine/run.json")["config"]["run"] == "mine"


def test_every_input_is_verified(base: Path, tmp_path: Path) -> None:
    (base / "peaks/a.bed").write_text("other")
    (base / "peaks/b.bed").unlink()
    with pytest.raises(InputError) as error:
        find_inputs(recorded(base), base, {"peaks/c.bed": base}, tmp_path / "new")
    lines = str(error.value).splitlines()
    assert lines[0] == "peaks/c.bed: the run had no input of this name"
    assert f"found sha256 {sha256(b'other').hexdigest()}, the run read peaks/a.bed" in lines[1]
    assert "does not exist; name its place: --input peaks/b.bed=FILE" in lines[2]
    assert len(lines) == 3


def test_a_file_may_be_in_another_place(base: Path, tmp_path: Path) -> None:
    moved = (base / "peaks/a.bed").rename(tmp_path / "other name.bed")
    inputs = find_inputs(recorded(base), base, {"peaks/a.bed": moved}, tmp_path / "new")
    assert inputs.links["peaks/a.bed"] == moved


def test_absolute_paths_stay_unless_the_file_was_moved(base: Path, tmp_path: Path) -> None:
    path, moved = tmp_path / "x.bed", tmp_path / "y.bed"
    path.write_text(PEAKS)
    moved.write_text(PEAKS)
    row = ROW | {"peaks": str(path), "negatives": str(path)}
    run = recorded(base, inputs={str(path): SHA}, experiments={"A_x": row})
    assert find_inputs(run, base, {}, tmp_path / "new") == Inputs({}, {})
    inputs = find_inputs(run, base, {str(path): moved}, tmp_path / "new")
    assert inputs == Inputs({}, {str(path): str(moved)})
    write_project(run, inputs, None, tmp_path / "new")
    found = read_experiments(tmp_path / "new/config/table.tsv")["A_x"]
    assert (found.peaks, found.negatives) == (str(moved), str(moved))


def test_the_new_folder_holds_no_input_of_the_run(base: Path) -> None:
    with pytest.raises(InputError, match="the folder has inputs of the run"):
        find_inputs(recorded(base), base, {}, base)


def test_a_table_outside_the_project_moves_into_it(base: Path, tmp_path: Path) -> None:
    run = recorded(base, inputs={})
    run["config"]["experiments"] = "../table.tsv"
    write_project(run, Inputs({}, {}), base, tmp_path / "new")
    config = yaml.safe_load((tmp_path / "new" / CONFIG).read_text())
    assert (config["experiments"], config["mirror"]) == ("experiments.tsv", str(base))
    assert (tmp_path / "new/experiments.tsv").is_file()


def test_other_code_is_named_with_its_commit(base: Path, root: Path) -> None:
    code = Fingerprints(cache=base / "modules.json").all()
    assert other_code(recorded(base, code=code), root) is None
    changed = code | {"predict": "old", "gone": "old"}
    commit = {"commit": "c0ffee" * 6, "clean": True}
    found = other_code(recorded(base, code=changed, commit=commit), root) or ""
    assert found.startswith("the code of gone, predict differs from that of the run")
    assert f"Run `git checkout {'c0ffee' * 6}` in {root}" in found
    assert "uncommitted" not in found
    unclean = recorded(base, code=changed, commit=commit | {"clean": False})
    assert "the run had uncommitted changes" in (other_code(unclean, root) or "")
    versions = recorded(base, code=changed, versions={"tfmoe": "0.0.9"})
    assert "Install tfmoe 0.0.9" in (other_code(versions, root) or "")
    tables = recorded(base, code=code, inputs={"<project>/resources/factors.tsv": "old"})
    assert "resources/factors.tsv" in (other_code(tables, root) or "")


def test_a_run_that_fails_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the run failed"):
        run_again(tmp_path, tmp_path, 1, [])


def test_results_without_a_record_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"found no readable run\.json"):
        read_finished(tmp_path)
