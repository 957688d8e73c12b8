"""Commands, configs, links and pictures in the documents are right."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from documents import ROOT, anchors, blocks, commands, documents, links, prose, sentences
from tfmoe.cli.app import app
from tfmoe.cli.reference import render
from tfmoe.core.config import SCHEMAS, load_schema, validate_config
from tfmoe.core.schema_docs import removed_keys, schema_keys

SCHEMA = SCHEMAS / "config.schema.yaml"
FIRST_COMMAND = "tfmoe predict"
ABSOLUTE = re.compile(r"(?<![\w.:/<>)~*{}$])/[A-Za-z][\w.-]*/")
PLACEHOLDER = re.compile(r"config/(?:mine|tutorial|arabidopsis)/")


def named(path: Path, text: str) -> str:
    """Return the id of a test."""
    return f"{path.relative_to(ROOT)}: {text}"[:90]


def examples(program: str) -> list[Any]:
    """Return the distinct commands of a program, as parameters of a test."""
    found = {line: path for path, line in commands(program)}
    return [pytest.param(line, id=named(path, line)) for line, path in found.items()]


def test_the_readme_has_at_most_900_words_and_two_pictures():
    text = (ROOT / "README.md").read_text()
    assert len(text.split()) <= 900
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)
    assert [path.partition(".")[2] for path in pictures] == ["svg", "png"]


@pytest.mark.parametrize("line", examples("tfmoe"))
def test_options_and_arguments_of_tfmoe_exist(line):
    words = shlex.split(line)[1:]
    group: Any = typer.main.get_command(app)
    place = next((place for place, word in enumerate(words) if word in group.commands), None)
    assert place is not None, f"no command in {line}"
    left = words[place + 1 :]
    left = left[: left.index("--")] if "--" in left else left
    for params, used in (
        (group.params, words[:place]),
        (group.commands[words[place]].params, left),
    ):
        options = {option for one in params for option in one.opts}
        given = {word.partition("=")[0] for word in used if re.match(r"--?[a-zA-Z]", word)}
        assert given <= options, f"of {line}"


def test_the_first_command_of_the_reference_is_tested():
    """Examples in the help are in the reference, so the test above reads them too."""
    assert any(line.startswith(FIRST_COMMAND) for _, line in commands("tfmoe"))
    assert len(examples("tfmoe")) > 30


@pytest.mark.parametrize("line", examples("make"))
def test_targets_of_make_exist(line):
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))
    variables = set(re.findall(r"\$\((\w+)\)", makefile))
    for word in shlex.split(line)[1:]:
        key, equals, _ = word.partition("=")
        assert key in (variables if equals else targets), word


def snakemake_targets() -> set[str]:
    """Return the names of rules and the recipes of all configs, which are targets too."""
    rules = [ROOT / "Snakefile", *(ROOT / "workflow/rules").glob("*.smk")]
    found = set()
    for path in rules:
        found |= set(re.findall(r"^ *(?:rule|checkpoint) (\w+):", path.read_text(), re.MULTILINE))
    for path in (ROOT / "config").glob("*/config.yaml"):
        found |= set(yaml.safe_load(path.read_text()).get("recipes", {}))
    return found


@pytest.mark.parametrize("line", examples("snakemake"))
def test_options_targets_and_configs_of_snakemake_exist(line):
    from snakemake.cli import get_argument_parser

    words = shlex.split(line)[1:]
    known = {option for one in get_argument_parser()._actions for option in one.option_strings}
    used = [word.partition("=")[0] for word in words if word.startswith("-")]
    assert set(used) <= known, f"of {line}"
    targets = [word for word in words if re.fullmatch(r"[a-z_]+", word)]
    options = ("--allowed-rules", "--set-resources")
    for target in targets:
        if words[words.index(target) - 1] not in options:
            assert target in snakemake_targets(), target
    for index, word in enumerate(words):
        if word == "--configfile" and not PLACEHOLDER.match(words[index + 1]):
            assert (ROOT / words[index + 1]).is_file()
        if word == "--config":
            keys = {key.name for key in schema_keys(load_schema(SCHEMA))}
            assert all(setting.partition("=")[0] in keys for setting in words[index + 1 :])


@pytest.mark.parametrize(
    "block", [pytest.param(one, id=named(one.path, one.code)) for one in blocks("yaml")]
)
def test_configs_are_valid(block):
    """Parts of a config are valid with the rest of the template."""
    config = yaml.safe_load((ROOT / "config/template/config.yaml").read_text())
    part = yaml.safe_load(block.code)
    if "splits" in part:
        config["splits"] = {}
    for key, value in part.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            config[key] = config[key] | value
        else:
            config[key] = value
    validate_config(config, SCHEMA, str(block.path))


@pytest.mark.parametrize(
    "block", [pytest.param(one, id=named(one.path, one.code)) for one in blocks("python")]
)
def test_python_compiles(block):
    if not block.code.startswith("module "):  # a Snakefile; tests/workflow/test_module.py runs it
        ast.parse(block.code)


def test_every_key_in_the_documents_exists():
    """Names such as `training.seeds` in backquotes are keys, or sections of keys."""
    schema = load_schema(SCHEMA)
    keys = {key.name for key in schema_keys(schema)} | {name for name, _ in removed_keys(schema)}
    sections = set(schema["properties"])
    for path in documents():
        for name in re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", prose(path)):
            if name.partition(".")[0] in sections:
                found = name in keys or any(key.startswith(f"{name}.") for key in keys)
                assert found or name == "run.json", f"{path}: {name}"


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    for target in links(path):
        if ":" in target:
            assert target.startswith("https://"), target
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        assert file.is_file(), target
        if anchor:
            assert anchor in anchors(file), target


def test_every_page_is_linked_from_the_navigation():
    menu = (ROOT / "mkdocs.yml").read_text()
    for path in (ROOT / "docs").rglob("*.md"):
        assert f" {path.relative_to(ROOT / 'docs')}\n" in menu, path
    for path in (ROOT / "docs/how-to").glob("*.md"):
        listed = path.name == "index.md" or path.name in links(ROOT / "docs/how-to/index.md")
        assert listed, path


def test_pictures_are_described_small_and_used():
    shown = {
        (path.parent / target).resolve()
        for path in documents()
        for target in links(path)
        if target.endswith((".png", ".svg"))
    }
    pictures = set((ROOT / "docs/images").iterdir())
    assert pictures == {path for path in shown if path.is_relative_to(ROOT / "docs/images")}
    assert sum(path.stat().st_size for path in pictures) < 1_000_000
    for path in documents():
        assert "![](" not in path.read_text(), f"{path}: a picture without a description"


def test_the_schematic_has_a_dark_mode_and_readable_text():
    drawing = (ROOT / "docs/images/method.svg").read_text()
    assert "prefers-color-scheme: dark" in drawing
    width = float(re.search(r'viewBox="0 0 (\d+) ', drawing)[1])
    sizes = [float(size) for size in re.findall(r"font(?:-size)?: ([\d.]+)px", drawing)]
    assert min(sizes) * 390 / width >= 8, "of text on a phone"


def test_the_reference_of_commands_is_up_to_date():
    assert (ROOT / "docs/reference/commands.md").read_text() == render(), "run `make docs`"


def test_sentences_are_short():
    """In the documents that are written by hand."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    for path in pages:
        if path.name != "commands.md":
            long = [one for one in sentences(path) if len(one.split()) > 28]
            assert not long, path


def test_documents_for_users_do_not_mention_machines_or_ways_of_working():
    for path in documents():
        text = path.read_text()
        # folders of examples, and nothing of a real machine
        assert set(ABSOLUTE.findall(text)) <= {"/data/", "/new/"}, path
        for word in ("file:///", "~/", "localhost"):
            assert word not in text, f"{path}: {word}"
