"""Odd config files, settings, tables, paths and URLs give one message, or work."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from tests.faults.corpus_settings import BASE, FILES, HEADER, PATHS, SETTINGS, TABLES, Case

from tfmoe.core.config import SCHEMAS, validate_config
from tfmoe.core.config_file import read_config_file
from tfmoe.core.errors import ConfigError, InputError, TfmoeError
from tfmoe.core.experiments import read_experiments
from tfmoe.workflow.locations import Location, locate_all, require_files

SCHEMA = SCHEMAS / "config.schema.yaml"


def cases(found: tuple[Case, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", found, ids=[case.name for case in found])


def check(case: Case, error: TfmoeError, path: str) -> None:
    """Check that a message names the file and the reason, and is not itself of any length."""
    text = str(error)
    assert case.message, f"is valid: {text}"
    assert case.message in text
    assert path in text
    assert len(text) < 2000


@cases(FILES)
def test_config_files(case: Case, tmp_path: Path):
    path = tmp_path / "config.yaml"
    whole = case.content if isinstance(case.content, bytes) else (BASE + case.content).encode()
    path.write_bytes(whole)
    try:
        content = read_config_file(path)
    except ConfigError as error:
        check(case, error, str(path))
    else:
        assert not case.message
        assert content["run"] in ("test", "a")


@cases(SETTINGS)
def test_settings(case: Case):
    changed = yaml.safe_load(BASE) | yaml.safe_load(case.content)
    try:
        filled = validate_config(changed, SCHEMA, "config.yaml")
    except ConfigError as error:
        check(case, error, "config.yaml: ")
    else:
        assert not case.message
        whole = (filled["training"]["seeds"], filled["windows"]["length"])
        assert all(type(number) is int for number in whole)
        assert type(filled["evaluation"]["bootstrap_resamples"]) is int
        assert type(filled["training"]["learning_rate"]) is float


def test_a_config_of_the_command_line_that_refers_to_itself_or_grows():
    changed = yaml.safe_load(BASE) | {"seed": yaml.safe_load("&a [*a, *a]")}
    with pytest.raises(ConfigError, match="seed: found more than 30 nested sections"):
        validate_config(changed, SCHEMA, "config")
    levels = "".join(f", &b{n} [{', '.join([f'*b{n - 1}'] * 9)}]" for n in range(1, 9))
    changed["seed"] = yaml.safe_load(f"[&b0 [y]{levels}]")
    with pytest.raises(ConfigError, match="found more than 100,000 values"):
        validate_config(changed, SCHEMA, "config")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with files, a folder, links and a pipe, and work in it."""
    monkeypatch.chdir(tmp_path)
    for name in ("folder", "d<results>", "x"):
        (tmp_path / name).mkdir()
    names = ("a.bed", "x.bed", "my peaks.bed", "a[1]*?.bed", "a<b.bed", "a{}.bed", "a{x}.bed")
    for name in (*names, "a{x,1}.bed", "a<x>.bed", "d<results>/x.bed"):
        (tmp_path / name).write_text("chr1\t1\t2\n")
    (tmp_path / "link.bed").symlink_to("a.bed")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "broken").symlink_to("gone")
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


@cases(TABLES)
def test_experiment_tables(case: Case, folder: Path, tmp_path: Path):
    path = folder / "experiments.tsv"
    path.write_text(HEADER + str(case.content), encoding="utf-8", newline="")
    pinned = tmp_path / "sources.tsv"
    pinned.write_text("name\turl\tsha256\n")
    try:
        found = read_experiments(path)
    except InputError as error:
        check(case, error, str(path))
    else:
        assert not case.message
        row = found["A"]
        place = locate_all(row.peaks, row.sha256, row.md5, pinned)[0]
        assert not set("{}<>") & set(place.path)


@cases(PATHS)
def test_paths_of_inputs(case: Case, folder: Path):
    path = str(case.content)
    try:
        require_files({"peaks of A": [Location(path, None, None)]})
    except InputError as error:
        check(case, error, f"peaks of A: {path}")
        assert f"(paths are relative to {folder})" in str(error)
    else:
        assert not case.message


@pytest.mark.parametrize("name", ["pipe", "folder", "loop", "absent.yaml", "/dev/zero"])
def test_tables_and_configs_that_are_no_files(name: str, folder: Path):
    with pytest.raises(ConfigError, match=f"{name}: the config file "):
        read_config_file(name)
    with pytest.raises(InputError, match=f"{name}: the experiment table "):
        read_experiments(name)
