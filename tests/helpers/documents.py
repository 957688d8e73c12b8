"""The Markdown documents for users, taken apart for tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FENCED = re.compile(r"^([ \t]*)```(\w*)[^\n]*\n(.*?)^\1```[ \t]*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^()\s]+)\)")
_HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block of code.

    Attributes
    ----------
    path
        The document.
    language
        The word after the fence, or an empty string.
    code
        The content, without the block's indentation.
    """

    path: Path
    language: str
    code: str


def documents() -> list[Path]:
    """Return the documents that users read."""
    pages = sorted((ROOT / "docs").rglob("*.md"))
    return [ROOT / "README.md", ROOT / "config/README.md", ROOT / "CONTRIBUTING.md", *pages]


def blocks(language: str) -> list[Block]:
    """Return the blocks of code in one language."""
    found = []
    for path in documents():
        for indentation, named, code in _FENCED.findall(path.read_text(encoding="utf-8")):
            lines = [line.removeprefix(indentation) for line in code.splitlines()]
            if named == language:
                found.append(Block(path, named, "\n".join(lines) + "\n"))
    return found


def commands(program: str) -> Iterator[tuple[Path, str]]:
    """Yield each command line of a program in blocks of bash, without comments."""
    for block in blocks("bash"):
        joined = block.code.replace("\\\n", " ")
        for line in joined.splitlines():
            text = re.sub(r"\s#.*", "", line).strip()
            for part in re.split(r"\s(?:\||&&)\s", text):
                words = re.sub(r"^(?:\w+=\S+ )+", "", part.strip())
                words = re.sub(r"^apptainer exec (?:--nv )?\S+ ", "", words)
                if words.startswith(f"{program} "):
                    yield block.path, words


def prose(path: Path) -> str:
    """Return a document without blocks of code."""
    return _FENCED.sub("", path.read_text(encoding="utf-8"))


def links(path: Path) -> list[str]:
    """Return the targets of all links and pictures."""
    return _LINK.findall(re.sub(r"`[^`\n]*`", "`", prose(path)))


def anchors(path: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub and mkdocs derive them."""
    return {slug(heading) for heading in _HEADING.findall(prose(path))}


def slug(heading: str) -> str:
    """Return the anchor of a heading."""
    text = re.sub(r"[^\w\s-]", "", heading.lower()).strip()
    return re.sub(r"[\s]+", "-", text)


def sentences(path: Path) -> Iterator[str]:
    """Yield the sentences of a document, without tables, pictures and remarks in brackets."""
    text = re.sub(r"^[ \t]*\|.*$", "", prose(path), flags=re.MULTILINE)
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"\([^)]*\)", "", text)
    text = re.sub(r"^(?:#+ |\s*[-*] |\s*\d+\. )", "\n\n", text, flags=re.MULTILINE)
    for paragraph in re.split(r"\n\s*\n", text):
        yield from re.split(r"(?<=[.:?!])\s+", " ".join(paragraph.split()))
