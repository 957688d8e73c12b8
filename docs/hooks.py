"""Hooks of mkdocs: pages from files outside ``docs/``, links between them, and equations.

The Markdown files are also read in a repository's browser. So their links lead to files of the
repository, such as ``../config/README.md``, and equations are LaTeX between dollar signs.
"""

from __future__ import annotations

import posixpath
import re
import shutil
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    "README.md": "index.md",
    "config/README.md": "reference/config.md",
    "benchmarks/README.md": "project/benchmarks.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "CHANGELOG.md": "project/changes.md",
}
"""Page of each file outside ``docs/`` that the website contains."""
PLAIN = (
    "LICENSE",
    "CITATION.cff",
    "benchmarks/results.tsv",
    "benchmarks/interval_coverage.tsv",
    "benchmarks/null_simulation.tsv",
)
"""Files that the website contains unchanged."""
EXAMPLES = ("yeast", "demo")
"""Runs whose report the website contains, the first that is finished."""
_REPORTS = ("report.html", "factors")
_FENCED = re.compile(r"^([ \t]*)(```+).*?^\1\2[ \t]*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(!?\[[^\]]*\]\()([^()\s]+)(\))")
_EQUATION = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
_FORMULA = re.compile(r"(?<![\\$\w])\$([^$\n]+?)\$(?![\w$])")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages and files outside ``docs/``, and a finished run's report."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    for name in PLAIN:
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Redirect links between files of the repository to pages, and typeset equations."""
    uri = page.file.src_uri
    source = next((name for name, shown in PAGES.items() if shown == uri), f"docs/{uri}")
    if uri == "example.md":
        markdown += example_text()
    kept: list[str] = []

    def keep(block: re.Match[str]) -> str:
        kept.append(block[0])
        return f"\x00{len(kept) - 1}\x00"

    text = re.sub(r"`[^`\n]+`", keep, _FENCED.sub(keep, markdown))
    text = _LINK.sub(lambda link: link[1] + redirected(link[2], source, uri) + link[3], text)
    text = _EQUATION.sub(lambda found: mathml(found[1], "block"), text)
    text = _FORMULA.sub(lambda found: mathml(found[1], "inline"), text)
    while "\x00" in text:
        text = re.sub("\x00(\\d+)\x00", lambda found: kept[int(found[1])], text)
    return text


def on_post_page(output: str, **_: Any) -> str:
    """Name the search for screen readers."""
    return output.replace('role="dialog"', 'role="dialog" aria-label="Search"')


def redirected(target: str, source: str, uri: str) -> str:
    """Return a link's target as seen from the page `uri` that is made of the file `source`."""
    if re.match(r"[a-z]+:|#", target):
        return target
    path, _, anchor = target.partition("#")
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    path = PAGES.get(path, path.removeprefix("docs/"))
    path = posixpath.relpath(path, posixpath.dirname(uri) or ".")
    return f"{path}#{anchor}" if anchor else path


def mathml(latex: str, display: str) -> str:
    """Return a formula as MathML, with characters escaped that Markdown would interpret."""
    markup = convert(latex.strip(), display=display)
    return markup.replace("*", "&#42;").replace("_", "&#95;").replace("\n", " ")


def finished_run() -> Path | None:
    """Return the results of the run whose report is shown."""
    runs = (ROOT / "results" / name for name in EXAMPLES)
    return next((run for run in runs if (run / "report.html").is_file()), None)


def example_text() -> str:
    """Return the end of the page of the example report."""
    run = finished_run()
    if run is None:
        return "\nThis copy of the documentation was built without a finished run.\n"
    return f'\n<a href="report/report.html">Open the report of the run `{run.name}`</a>\n'


def on_post_build(config: MkDocsConfig, **_: Any) -> None:
    """Copy the report of a finished run and its pages of factors."""
    run = finished_run()
    if run is None:
        return
    target = Path(config.site_dir) / "report"
    target.mkdir(parents=True, exist_ok=True)
    for name in _REPORTS:
        if (run / name).is_dir():
            shutil.copytree(run / name, target / name, dirs_exist_ok=True)
        else:
            shutil.copy(run / name, target / name)
