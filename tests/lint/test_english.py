"""The patterns of the English lint, by examples that they must and must not match."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def english() -> ModuleType:
    path = Path(__file__).with_name("english.py")
    specification = importlib.util.spec_from_file_location("english_lint", path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["english_lint"] = module
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "text",
    [
        "What of a recipe concerns one backbone.",
        "A copy of what is needed.",
        "Say whether there are any.",
        "The header tells the format.",
        "The name stands in the first column.",
        "It is drawn beside the others.",
        "One row a sequence.",
        "It takes 4 seconds a batch.",
    ],
)
def test_hard_wordings_are_found(english: ModuleType, text: str) -> None:
    hits = list(english.find_hits("docs", english.Text(Path("x.py"), 5, text)))
    assert [hit.line for hit in hits] == [5]


@pytest.mark.parametrize(
    "text",
    [
        "Return whether there are any.",
        "One row per sequence.",
        "A name such as `beside` or ``what`` is quoted.",
        "What is the AUROC of one expert?",
        "Besides, a standard error.",
        "An essay on networks and a set.",
        "Each time a batch is shown.",
        "Number of negatives. A model has them.",
        "negatives\n    A file of negatives.",
    ],
)
def test_plain_wordings_are_not(english: ModuleType, text: str) -> None:
    assert not list(english.find_hits("docs", english.Text(Path("x.py"), 1, text)))


def test_lines_of_docstrings_comments_and_messages(english: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(
        '"""Docstring.\n\nThis stands here.\n"""\n\nx = 1  # it stands there\n'
        'raise ValueError(f"{x}: this stands "\n    "in no file at all")\n'
    )
    texts = [*english.python_texts(path), *english.python_messages(path)]
    hits = [hit for text in texts for hit in english.find_hits("docs", text)]
    assert [hit.line for hit in hits] == [3, 6, 7]


def test_exit_status_and_report(
    english: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "workflow").mkdir()
    for name in ("Snakefile", "Makefile", "pyproject.toml"):
        (tmp_path / name).touch()
    module = tmp_path / "scripts/module.py"
    module.write_text('"""Return one row per sequence."""\n')
    assert english.main(tmp_path) == 0
    module.write_text('"""Return one row a sequence."""\n')
    assert english.main(tmp_path) == 1
    assert "scripts/module.py:1: 'a' for 'per'" in capsys.readouterr().out
