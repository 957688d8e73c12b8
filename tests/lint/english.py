"""Report wordings that make the project's texts hard to read, with file and line.

It reads docstrings, comments and messages of Python and Snakemake files, the schemas' descriptions,
captions, documents, and comments of other files. It fails if a group of texts has one of the
patterns more than once per 10,000 words.

    python tests/lint/english.py [FOLDER]
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 10_000
"""Words per allowed hit of a pattern."""
_COUNTED = (
    "sequences?|rows?|jobs?|seeds?|windows?|times|seconds|positives?|negatives?|epochs?|networks?|"
    "lines?|pages?|one"
)
_UNITS = (
    "second|sequence|row|job|factor|model|seed|window|positive|experiment|batch|split|day|stage|"
    "backbone|network|set|kind|pattern|motif|expert|line|file"
)
PATTERNS = {
    "clause that begins with 'what' in place of a noun": re.compile(
        r"(?:^|[.,;:(]\s+|\b(?:of|from|by|in|on|than|and|is|are|not)\s+)what\b(?![^.]*\?)",
        re.IGNORECASE | re.MULTILINE,
    ),
    "'say' or 'tell'": re.compile(r"\b(?:says?|said|tells?|told)\b", re.IGNORECASE),
    "'stands'": re.compile(r"\bstands?\b", re.IGNORECASE),
    "'beside'": re.compile(r"\bbeside\b", re.IGNORECASE),
    "'a' for 'per'": re.compile(rf"\b(?i:{_COUNTED})\s+an?\s+(?i:{_UNITS})\b"),
}
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")
_QUOTED = re.compile(r"``?[^`\n]*``?")
_FENCED = re.compile(r"^\s*```.*?^\s*```", re.MULTILINE | re.DOTALL)
_MESSAGE_WORDS = 4
_CONTEXT = 40


@dataclass(frozen=True)
class Text:
    """A piece of prose and the line of the file at which it starts."""

    path: Path
    line: int
    content: str


@dataclass(frozen=True)
class Hit:
    """A match of one of the `PATTERNS`."""

    group: str
    pattern: str
    path: Path
    line: int
    excerpt: str


def python_texts(path: Path) -> Iterator[Text]:
    """Yield docstrings and comments of a Python file."""
    source = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node, clean=False)
            if docstring is not None:
                yield Text(path, node.body[0].lineno, docstring)
    yield from comments(path, source)


def python_messages(path: Path) -> Iterator[Text]:
    """Yield long string literals, except docstrings; values in f-strings become ``{}``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in ast.walk(node) if part is not node}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        content = ""
        if isinstance(node, ast.JoinedStr):
            content = "".join(
                str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            content = node.value
        if len(_WORD.findall(content)) >= _MESSAGE_WORDS:
            yield Text(path, node.lineno, content)


def snakemake_texts(path: Path) -> Iterator[Text]:
    """Yield comments and long string literals of a Snakemake file."""
    source = path.read_text(encoding="utf-8")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.STRING and len(_WORD.findall(token.string)) >= _MESSAGE_WORDS:
            yield Text(path, token.start[0], token.string.strip("rfb\"'"))
    yield from comments(path, source)


def comments(path: Path, source: str) -> Iterator[Text]:
    """Yield comments; those on consecutive lines are one text."""
    block: list[str] = []
    first = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        line = token.start[0]
        if block and line != last + 1:
            yield Text(path, first, "\n".join(block))
            block = []
        first = first if block else line
        block.append(token.string.lstrip("# "))
        last = line
    if block:
        yield Text(path, first, "\n".join(block))


def hash_comments(path: Path) -> Iterator[Text]:
    """Yield the comments of a YAML, shell, make or TSV file, one per line."""
    for line, content in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        found = re.search(r"(?:^|\s)#+\s(.*)", content)
        if found:
            yield Text(path, line, found[1])


def schema_texts(path: Path) -> Iterator[Text]:
    """Yield descriptions and remedies of a schema."""
    yield from _described(path, yaml.compose(path.read_text(encoding="utf-8"), yaml.SafeLoader))
    yield from hash_comments(path)


def _described(path: Path, node: yaml.Node | None, remedies: bool = False) -> Iterator[Text]:
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if isinstance(value, yaml.ScalarNode) and (remedies or key.value == "description"):
            yield Text(path, value.start_mark.line + 1, value.value)
        else:
            yield from _described(path, value, key.value == "x-removed")


def document_texts(path: Path) -> Iterator[Text]:
    """Yield the text of a caption or document, without blocks of code."""
    content = path.read_text(encoding="utf-8")
    yield Text(path, 1, _FENCED.sub(lambda block: "\n" * block[0].count("\n"), content))


def project_texts(root: Path) -> dict[str, list[Text]]:
    """Return all texts of the project by group."""
    python = sorted((root / "scripts").rglob("*.py"))
    rules = [root / "Snakefile", *sorted((root / "workflow/rules").glob("*.smk"))]
    schemas = sorted((root / "workflow/schemas").glob("*.yaml"))
    captions = sorted((root / "workflow/report").rglob("*.rst"))
    documents = [
        *root.glob("*.md"),
        *root.glob("*/README.md"),
        *root.glob("tests/*/README.md"),
        *(root / "docs").rglob("*.md"),
    ]
    settings = [
        root / "Makefile",
        root / "pyproject.toml",
        *(path for folder in ("config", "profiles", "envs") for path in (root / folder).rglob("*")),
    ]
    settings = [
        path
        for path in settings
        if path.is_file() and path.suffix in ("", ".toml", ".yaml", ".sh", ".tsv", ".def")
    ]
    return {
        "docstrings and comments": [text for path in python for text in python_texts(path)],
        "messages": [text for path in python for text in python_messages(path)],
        "rules": [text for path in rules for text in snakemake_texts(path)],
        "schemas": [text for path in schemas for text in schema_texts(path)],
        "captions": [text for path in captions for text in document_texts(path)],
        "documents": [text for path in sorted(documents) for text in document_texts(path)],
        "settings": [text for path in sorted(settings) for text in hash_comments(path)],
    }


def find_hits(group: str, text: Text) -> Iterator[Hit]:
    """Yield the hits of all patterns in a text; names in backquotes do not count."""
    content = _QUOTED.sub(lambda quoted: "`" * len(quoted[0]), text.content)
    for name, pattern in PATTERNS.items():
        for match in pattern.finditer(content):
            start, end = match.span()
            line = text.line + content.count("\n", 0, end)
            excerpt = text.content[max(0, start - _CONTEXT) : end + _CONTEXT]
            yield Hit(group, name, text.path, line, " ".join(excerpt.split()))


def main(root: Path) -> int:
    """Print all hits and the rates; return 1 if a pattern is too frequent in a group."""
    failed = False
    for group, texts in project_texts(root).items():
        hits = [hit for text in texts for hit in find_hits(group, text)]
        for hit in hits:
            where = f"{hit.path.relative_to(root)}:{hit.line}"
            sys.stdout.write(f"{where}: {hit.pattern}: ...{hit.excerpt}...\n")
        words = sum(len(_WORD.findall(text.content)) for text in texts)
        for pattern, number in Counter(hit.pattern for hit in hits).items():
            rate = number * LIMIT / words
            failed |= rate > 1
            summary = f"{number} in {words} words, {rate:.1f} per 10,000"
            sys.stdout.write(f"{group}: {pattern}: {summary}\n")
    if failed:
        sys.stdout.write("English: found more than 1 per 10,000 words; reword the lines above\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT))
