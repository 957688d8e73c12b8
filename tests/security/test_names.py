"""Names that people or files give never reach a shell, leave a folder or change a terminal."""

from __future__ import annotations

import logging
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tfmoe.application.card.text import Part, markdown
from tfmoe.application.card.text import Table as CardTable
from tfmoe.cli.shell import note, table
from tfmoe.core.config import SCHEMAS, load_schema
from tfmoe.core.errors import InputError
from tfmoe.core.experiments import read_experiments
from tfmoe.core.messages import PlainFormatter
from tfmoe.data.reading.genome_files import read_genome
from tfmoe.data.reading.text_columns import read_lines
from tfmoe.figures.style import figure_style
from tfmoe.workflow.locations import locate
from tfmoe.workflow.scanned import NAME, require_file_names

HOSTILE = (
    "../x", "..", ".", "/etc/x", "a/b", "a\\b", "~root", "-rf", "--help", "$(touch x)", "`touch x`",
    "a;touch x", "a|touch x", "a&touch x", "a>x", "a<x", "a\nb", "a\tb", "a b", "a'b", 'a"b', "a*b",
    "a?b", "[a]", "{a}", "a}", "{{a}}", "<results>", "%s", "{0}", "a\0b", "\x1b[31m", "a\x07",
    "a,b", "a=b", "a#b", "!x", "<script>alert(1)</script>", "\u202eabc", "x" * 300, "",
)  # fmt: skip
HEADER = "experiment\tfactor\tbiosample\trole\tstratum\tfamily\tpeaks\tsha256\n"


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
@pytest.mark.parametrize("column", ["experiment", "factor"])
def test_names_in_the_table_that_become_paths(name: str, column: str, tmp_path: Path) -> None:
    names = {"experiment": "A", "factor": "GATA3"} | {column: name}
    row = f"{names['experiment']}\t{names['factor']}\tx\ttrain\t-\t-\ta.bed\t-\n"
    (tmp_path / "e.tsv").write_text(HEADER + row, newline="")
    with pytest.raises(InputError, match=r"e\.tsv"):
        read_experiments(tmp_path / "e.tsv")


@pytest.mark.parametrize("end", ["gates", "members", "adapted"])
def test_an_experiment_called_like_a_table_of_another(end: str, tmp_path: Path) -> None:
    (tmp_path / "e.tsv").write_text(f"{HEADER}A.{end}\tGATA3\tx\ttrain\t-\t-\ta.bed\t-\n")
    with pytest.raises(InputError, match=rf"experiment A\.{end}: this name is reserved"):
        read_experiments(tmp_path / "e.tsv")


def patterns(schema: object) -> list[str]:
    """Return all patterns of a schema except those of column names and paths."""
    if isinstance(schema, dict):
        own = [schema["pattern"]] if isinstance(schema.get("pattern"), str) else []
        return own + [found for part in schema.values() for found in patterns(part)]
    return (
        [found for part in schema for found in patterns(part)] if isinstance(schema, list) else []
    )


@pytest.mark.parametrize("file", ["config.schema.yaml", "experiments.schema.yaml"])
def test_no_pattern_of_a_name_allows_a_hostile_one(file: str) -> None:
    found = patterns(load_schema(SCHEMAS / file))
    assert len(found) > 3
    for pattern in found:
        allowed = [name for name in HOSTILE if re.search(pattern, name) and len(name) < 300]
        assert allowed == [], pattern


@pytest.mark.parametrize(
    "name",
    [name for name in HOSTILE if name not in ("..", ".", "-rf", "--help", "a*b", "a|touch x")],
    ids=ascii,
)
def test_chromosomes_that_no_file_is_named_after(name: str) -> None:
    with pytest.raises(InputError, match=r"the genome has a sequence called .*, expected a name"):
        require_file_names(["chr1", name])


@pytest.mark.parametrize(
    "name",
    ["chr1", "HLA-A*01:01:01:01", "gi|568336023|gb|CM000663.2|", "chrUn_KI270742v1", "2-m@x+"],
)
def test_names_of_chromosomes_survive_the_shells_of_a_cluster(name: str, tmp_path: Path) -> None:
    """Snakemake writes a job's wildcards into a command, and SLURM's plugin that into another."""
    utils = pytest.importorskip("snakemake_interface_executor_plugins.utils")
    spec = pytest.importorskip("snakemake.target_jobs").TargetSpec("scan", {"chrom": name})
    require_file_names([name])
    assert re.fullmatch(NAME, name)
    job = utils.format_cli_arg("--target-jobs", utils.encode_target_jobs_cli_args([spec]))
    inner = subprocess.run(
        ["bash", "-c", f'printf %s "{job}"'],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    ).stdout
    outer = subprocess.run(
        ["bash", "-c", f"printf '%s\\n' {inner}"], capture_output=True, text=True, cwd=tmp_path,
        check=True,
    )  # fmt: skip
    assert outer.stdout.splitlines() == ["--target-jobs", f"scan:chrom={name}"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["$(x)", "`x`", "a'b", 'a"b', "a;b", "{a}", "<a>", "a,b", "é"])
def test_a_download_is_named_by_plain_characters(name: str, tmp_path: Path) -> None:
    (tmp_path / "sources.tsv").write_text("name\turl\tsha256\n")
    found = locate(f"https://h.org/{name.replace('`', '%60')}", "0" * 64, tmp_path / "sources.tsv")
    last = Path(found.path).name
    assert re.fullmatch(r"[A-Za-z0-9_.%+@~() -]+", last)
    assert Path(found.path).parent == Path(f"resources/downloads/{'0' * 64}")


def test_a_long_name_of_a_download_keeps_its_end(tmp_path: Path) -> None:
    (tmp_path / "sources.tsv").write_text("name\turl\tsha256\n")
    url = f"https://h.org/{'%3C' * 190}.bed.gz"
    name = Path(locate(url, "0" * 64, tmp_path / "sources.tsv").path).name
    assert len(name) == 200 and name.endswith("%3C.bed.gz")


@pytest.mark.parametrize("name", ["x;touch y", "$(touch y)", "a b", "a'b"])
def test_commands_in_messages_are_quoted(name: str, tmp_path: Path) -> None:
    """People paste them into a shell."""
    path = tmp_path / f"{name}.bb"
    path.write_bytes(bytes.fromhex("ebf28987") + bytes(300))
    with pytest.raises(InputError) as error:
        read_lines(path)
    command = str(error.value).rpartition("convert it with: ")[2]
    assert shlex.split(command) == ["bigBedToBed", str(path), f"{path.with_suffix('')}.bed"]


def test_control_characters_are_shown_and_not_sent_to_a_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = "a\x1b]0;owned\x07\x9b31m\rb\n\tc"
    shown = r"a\x1b]0;owned\x07\x9b31m\rb" + "\n\tc"
    assert str(InputError(name)) == shown
    note(name)
    table("", ["name"], [[name]])
    assert capsys.readouterr() == (f"name\n{shown}\n", f"tfmoe: {shown}\n")
    record = logging.LogRecord("x", 30, "x", 1, "%s: odd", (name,), None)
    assert PlainFormatter("%(message)s").format(record) == f"{shown}: odd"


@pytest.mark.parametrize("name", ["a\x1b[31m", "a\x00b", "a\x7f", "a\x85b"], ids=ascii)
def test_sequences_of_a_genome_with_control_characters(name: str, tmp_path: Path) -> None:
    (tmp_path / "g.fa").write_text(f">{name}\nACGT\n")
    with pytest.raises(InputError, match=r"g\.fa: the name .* contains the character U\+00"):
        list(read_genome(tmp_path / "g.fa"))


@pytest.mark.parametrize(
    "name", ["$x^{$", r"$\frac$", r"$\input{/etc/passwd}$", "a$b$c", "<b>&amp;"]
)
def test_names_in_figures_are_no_formulas(name: str, tmp_path: Path) -> None:
    from matplotlib.figure import Figure

    with figure_style():
        figure = Figure()
        axes = figure.subplots()
        axes.set_title(name)
        axes.set_xticks([0], [name])
        figure.savefig(tmp_path / "x.svg")
        assert axes.get_title(loc="left") in (name, "") or axes.get_title() == name
    text = (tmp_path / "x.svg").read_text()
    assert "<b>" not in re.sub(r"<!--.*?-->", "", text, flags=re.S) and "<script" not in text


def test_a_card_shows_markup_as_text() -> None:
    cells = CardTable(
        ["cells"], [["<img src=x onerror=alert(1)>"], ["[a](javascript:x)"], ["a|`b`"]], 1
    )
    part = Part("<b>x</b>", ["<script>"], cells, ["1 <2 and <i>"])
    text = markdown("run", [part])
    assert r"\<img src=x onerror=alert(1)\>" in text
    assert r"\[a\](javascript:x)" in text and r"a\|\`b\`" in text
    assert r"## \<b>x\</b>" in text and "\n\\<script>\n" in text and "- 1 <2 and \\<i>" in text
