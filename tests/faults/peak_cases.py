"""Three peaks with known summits and strengths, and cases that write them in some format."""

from __future__ import annotations

from dataclasses import dataclass, field

CHROMOSOMES = {"chr1": 20_000, "chr2": 20_000}
# chrom, start and end counted from 0, offset of the summit, strength
PEAKS = (
    ("chr1", 1000, 1210, 60, 5.5),
    ("chr1", 3001, 3402, 189, 9.25),
    ("chr2", 7300, 7450, 120, 2.5),
)
SUMMITS = [1060, 3190, 7420]
MIDDLES = [1105, 3201, 7375]
STARTS = [1000, 3001, 7300]
SIGNALS = [5.5, 9.25, 2.5]
NO_SIGNALS = [0.0, 0.0, 0.0]


@dataclass(frozen=True)
class Case:
    """One peak file with the reading that is right for it.

    Attributes
    ----------
    name
        Name of the case.
    line
        Template of a line: ``{c}`` chromosome, ``{s0}`` and ``{s1}`` start counted from 0 and 1,
        ``{e}`` end, ``{w}`` width, ``{o}`` and ``{o1}`` offset and ``{p0}`` and ``{p1}`` position
        of the summit, ``{p}`` the base after it, ``{x}`` strength, ``{n}`` number of the line;
        columns are separated by blanks, written as tabs.
    header
        Lines before the peaks, written the same way.
    summits, signals
        The right values.
    base
        The right number of the first base.
    given
        Columns of the experiment table.
    warning
        Part of the right warning; empty if there must be none.
    message
        Parts of the right error message; empty if the file can be read.
    raw
        Whether blanks are kept.
    """

    name: str
    line: str
    header: str = ""
    summits: list[int] = field(default_factory=lambda: MIDDLES)
    signals: list[float] = field(default_factory=lambda: SIGNALS)
    base: int = 0
    given: dict[str, str] = field(default_factory=dict)
    warning: str = ""
    message: tuple[str, ...] = ()
    raw: bool = False

    @property
    def content(self) -> str:
        """The content of the file."""
        lines = [self.header] if self.header else []
        for number, (chrom, start, end, offset, strength) in enumerate(PEAKS):
            summit = start + offset
            lines.append(
                self.line.format(
                    c=chrom, s0=start, s1=start + 1, e=end, w=end - start, o=offset,
                    o1=offset + 1, p0=summit, p1=summit + 1, p=summit + 1, x=strength, n=number,
                )
            )  # fmt: skip
        text = "\n".join(lines) + "\n"
        return text if self.raw else text.replace(" ", "\t")
