"""Odd config files, settings, experiment tables, paths and URLs, with the message of each.

A config file is the lines of `BASE` and those of the case. An empty message means that the case has
to work.
"""

from __future__ import annotations

from dataclasses import dataclass

BASE = """run: test
experiments: experiments.tsv
genome: {assembly: toy, fasta: genome.fa}
splits: {test: [chr1], validation: [chr2], gate: [chr3]}
"""


@dataclass(frozen=True)
class Case:
    """An input and a part of its message.

    Attributes
    ----------
    name
        Name of the case.
    content
        Content of the file: text is appended to the valid start, bytes are the whole file.
    message
        Part of the message; empty if the input is valid.
    """

    name: str
    content: str | bytes
    message: str = ""


def _bomb() -> str:
    levels = [f"b{n}: &b{n} [{', '.join([f'*b{n - 1}'] * 12)}]" for n in range(1, 12)]
    return "\n".join(["b0: &b0 [y, y]", *levels])


FILES = (
    Case("nothing is added", ""),
    Case("a mark of the byte order", b"\xef\xbb\xbf" + BASE.encode()),
    Case("line ends of Windows", BASE.replace("\n", "\r\n").encode()),
    Case("shared values", "x: &a {p: 1}\ny: *a"),
    Case("a merged section", "x: &a {p: 1}\ny: {<<: *a, q: 2}"),
    Case("JSON that is indented by tabs", b'{\n\t"run": "a",\n\t"seed": 3\n}'),
    Case("no content", b"", "the config file is empty"),
    Case("only a comment", b"# run: a\n", "the config file is empty"),
    Case("a list", b"- run\n- seed\n", "line 1: found no `key: value` at the top level"),
    Case("a word", b"run\n", "line 1: found no `key: value` at the top level"),
    Case("a second document", "---\nseed: 2", "line 5: found a second document after `---`"),
    Case("a tab before a key", "windows:\n\tlength: 51", "line 6: found a tab in the indentation"),
    Case("a tab after blanks", "windows:\n  \tflank: 3", "line 6: found a tab in the indentation"),
    Case("an open bracket", "seed: [1", "the config file is not valid YAML"),
    Case("an open quote", 'mirror: "abc', "the config file is not valid YAML"),
    Case("a colon in a value", "mirror: a: b", "line 5: the config file is not valid YAML"),
    Case("an unknown alias", "seed: *nowhere", "line 5: the config file is not valid YAML"),
    Case("UTF-16", BASE.encode("utf-16"), "the config file is UTF-16 text, expected UTF-8"),
    Case("UTF-16 without a mark", BASE.encode("utf-16-le"), "is UTF-16 text"),
    Case("UTF-32", BASE.encode("utf-32"), "the config file is UTF-32 text, expected UTF-8"),
    Case("Latin-1", b"run: a\n# M\xfcller\n", "line 2: found the byte 0xfc"),
    Case("a NUL byte", b"run: a\nseed: 1 # \x00\n", "line 2: found a NUL byte"),
    Case("a bell", b"run: a\nmirror: a\x07b\n", "line 2: found the character U+0007"),
    Case("a list in itself", "seed: &s [1, *s]", "line 5: found an alias within its own anchor"),
    Case("a section in itself", "x: &s {y: *s}", "line 5: found an alias within its own anchor"),
    Case("aliases that grow", _bomb(), "its aliases expand to more than 100,000 values"),
    Case("deep brackets", f"seed: {'[' * 900}", "line 5: found more than 30 nested sections"),
    Case("deep JSON", b'{"seed": ' + b"[" * 50_000, "found more than 30 nested sections"),
    Case("many bytes", "# " + "z" * 300_000, "has more than 200,000 bytes"),
    Case("a tag of Python", "seed: !!python/name:os.system", "line 5: found the tag"),
    Case("a tag of a set", "seed: !!set {1}", "line 5: found the tag"),
    Case("a key twice", "seed: 1\nseed: 2", "line 6: seed is already set in line 5"),
    Case("a key twice in a list", "x:\n- {a: 1,\n   a: 2}", "line 7: x.a is already set in line 6"),
    Case("a key twice in JSON", b'{"a": 1,\n"a": 2}', "line 2: a is already set in line 1"),
    Case("a list as key", "? [a, b]\n: 1", "line 5: (top level): found a list or section as a key"),
    Case("not a number", "evaluation: {margin: .NaN}", "line 5: evaluation.margin: found .NaN"),
    Case("infinity", "training: {dropout: -.inf}", "line 5: training.dropout: found -.inf"),
    Case("infinity in JSON", b'{"seed": Infinity}', "seed: found inf, expected a finite number"),
    Case("64 bits and more", "seed: 9223372036854775808", "found an integer of 19 digits"),
    Case("a long integer", f"seed: {'7' * 6000}", "found an integer of 6000 digits"),
    Case("an octal number", "splits2: [010]", "found 010, which YAML reads as another number"),
    Case("a hexadecimal number", "seed: 0x1F", 'put a name in quotes: "0x1F"'),
    Case("minutes and seconds", "seed: 12:30", "found 12:30, which YAML reads as another number"),
    Case("underscores", "seed: 1_000", "found 1_000, which YAML reads as another number"),
    Case("an octal number as key", "x: {01: chr1}", "as a key, found 01, which YAML reads"),
    Case("a date that is none", "x: 2024-02-30", "which YAML reads as a date"),
    Case("a day", "x: 2024-02-03", 'reads as a date; put it in quotes: "2024-02-03"'),
    Case("a line break in a name", 'mirror: "a\\nb"', "which contains the character U+000A"),
    Case("a NUL in quotes", 'mirror: "a\\0b"', "which contains the character U+0000"),
    Case("half a character", b'{"run": "\\ud800"}', "which contains the character U+D800"),
    Case("a long text", f"mirror: {'m' * 9000}", "found 9,000 characters, expected at most 4,000"),
    Case("a template", "__use_yte__: true", "line 5: __use_yte__: templates are not supported"),
    Case("variables of paths", "pathvars: {results: /}", "line 5: pathvars: Snakemake would"),
)

# a change of the valid config, as YAML; the messages name the key
SETTINGS = (
    Case("a whole float", "training: {seeds: 2.0}"),
    Case("a whole float of a window", "windows: {length: 51.0}"),
    Case("an exponent without a point", "training: {learning_rate: 1e-3}"),
    Case("an exponent of an integer", "evaluation: {bootstrap_resamples: 1e3}"),
    Case("half a seed", "training: {seeds: 2.5}", "training.seeds: found 2.5, expected integer"),
    Case("a margin of planets", "negatives: {margin: 1000000000000}", "expected at most 100000000"),
    Case("many epochs", "training: {patience: 99999999}", "expected at most 10000"),
    Case(
        "a large seed", "seed: 9007199254740993", "seed: found 9007199254740993, expected at most"
    ),
    Case("not a number as text", "evaluation: {alpha: nan}", "found 'nan', expected number"),
    Case("true in place of a number", "seed: true", "seed: found True, expected integer"),
    Case("a long name of a run", f"run: {'r' * 101}", "expected at most 100 characters"),
    Case(
        "a run above its folder", "run: ../up", "run: found '../up', expected a value of the form"
    ),
    Case("no table", 'experiments: ""', "experiments: found '', expected a non-empty value"),
    Case("a long recipe", f"recipes: {{{'q' * 150}: {{}}}}", "expected at most 100 characters"),
    Case("a nested seed", "seed: [[[1]]]", "seed: found [[[1]]], expected integer"),
    Case("a text for a section", "windows: wide", "windows: found 'wide', expected object"),
)

HEADER = "experiment\tfactor\tbiosample\trole\tstratum\tfamily\tpeaks\tsha256\n"
SHA = "0123456789abcdef" * 4


def _row(name: str = "A", factor: str = "GATA3", peaks: str = "a.bed", sha256: str = "-") -> str:
    return f"{name}\t{factor}\tx\ttrain\t-\t-\t{peaks}\t{sha256}\n"


def _ood(peaks: str) -> str:
    return f"C\tCTCF\tx\tood\tcross_family\t-\t{peaks}\t-\n"


def _url(url: str) -> str:
    return _row(peaks=url, sha256=SHA)


# the rows of a table; a.bed and link.bed are one file
TABLES = (
    Case("one row", _row()),
    Case("blanks in a path", _row(peaks="my peaks (1).bed")),
    Case("one factor, one file, two rows", _row() + _row("B")),
    Case("a long cell", _row(factor="G" * 200_000), "line 2: found 200,0"),
    Case("a long experiment", _row("e" * 101), "column experiment: found 'eeee"),
    Case("a long factor", _row(factor="F" * 300), "expected at most 100 characters"),
    Case("a control character", _row().replace("\tx\t", "\tx\x1by\t"), "the character U+001B"),
    Case("a NUL byte", _row().replace("\tx\t", "\tx\0y\t"), "line 2: found a NUL byte"),
    Case("a vertical tab", _row().replace("\tx\t", "\tx\x0by\t"), "the character U+000B"),
    Case("two factors", _row() + _row("B", "FOS"), "whose factor is GATA3, and of B, whose factor"),
    Case("two spellings", _row() + _row("B", "FOS", "./a.bed"), "./a.bed and a.bed are the same"),
    Case(
        "two roles", _row() + _ood("x/../a.bed"), "is a file of A, which has role train, and of C"
    ),
    Case("a link", _row() + _ood("link.bed"), "link.bed and a.bed are the same file"),
    Case("a link in one row", _row(peaks="a.bed;link.bed"), "one experiment names this file twice"),
    Case("a good URL", _url("https://a-b.example.org:8080/x/y%20z.bed?v=1#top")),
    Case("a URL of an address", _url("https://[::1]:80/x.bed")),
    Case("a URL with braces", _url("https://127.0.0.1/a{x}<y>[1].bed")),
    Case("http", _url("http://h/x.bed"), "found the protocol http, expected https; if the serv"),
    Case("ftp", _url("ftp://h/x.bed"), "found the protocol ftp, expected https"),
    Case("file", _url("file:///etc/passwd"), "found the protocol file, expected https"),
    Case("a port in letters", _url("https://h:port/x.bed"), "a port that is not a number from 1"),
    Case("a large port", _url("https://h:70000/x.bed"), "a port that is not a number from 1"),
    Case("port zero", _url("https://h:0/x.bed"), "a port that is not a number from 1"),
    Case("an open address", _url("https://[::1/x.bed"), "not a valid URL (Invalid IPv6 URL)"),
    Case("a wrong address", _url("https://[1:2]/x.bed"), "not a valid URL ('1:2' does not appear"),
    Case("no server", _url("https:///x.bed"), "the URL names no server"),
    Case("an empty label", _url("https://a..b/x.bed"), "found the server a..b, which is no valid"),
    Case("a long label", _url(f"https://{'l' * 64}.org/x.bed"), "which is no valid name"),
    Case("letters beyond ASCII", _url("https://mu\u0308ller.de/x.bed"), "which is no valid name"),
    Case("no file", _url("https://example.org/"), "the URL names no file, only a server"),
    Case("no path", _url("https://example.org"), "the URL names no file, only a server"),
    Case("a folder above", _url("https://example.org/x/../y.bed"), "found `..` in the URL"),
    Case(
        "a hidden folder above", _url("https://example.org/%2e%2e/y.bed"), "found `..` in the URL"
    ),
    Case("a user", _url("https://me:secret@example.org/x.bed"), "found a user name in the URL"),
    Case("a blank in a URL", _url("https://example.org/a b.bed"), "write %20 for a blank"),
    Case("a coded line break", _url("https://example.org/a%0Ab.bed"), "the character U+000A"),
    Case("a long name", _url(f"https://example.org/{'n' * 300}"), "a file name of 300 bytes"),
    Case("a long URL", _url(f"https://example.org/?{'q' * 3000}"), "a URL of 3,021 characters"),
)

# paths of inputs in a folder with the files that `make` in the driver builds
PATHS = (
    Case("a blank", "my peaks.bed"),
    Case("brackets and a star", "a[1]*?.bed"),
    Case("one angle bracket", "a<b.bed"),
    Case("empty braces", "a{}.bed"),
    Case("a name in braces", "a{x}.bed", "contains braces, which Snakemake takes for a wildcard"),
    Case("a range in braces", "a{x,1}.bed", "contains braces, which Snakemake takes for a"),
    Case("angle brackets", "a<x>.bed", "contains <x>, which Snakemake takes for a variable"),
    Case("a known variable", "d<results>/x.bed", "contains <results>, which Snakemake takes"),
    Case("nothing", "absent.bed", "absent.bed does not exist"),
    Case("a folder", "folder", "folder is a folder, expected a file"),
    Case("a pipe", "pipe", "pipe is a FIFO (named pipe), expected a file"),
    Case("a device", "/dev/zero", "/dev/zero is a device, expected a file"),
    Case("a loop of links", "loop", "loop is a loop of symbolic links"),
    Case("a broken link", "broken", "broken does not exist"),
    Case("a file as folder", "x.bed/y", "does not exist, because a part of its path is a file"),
    Case("a long path", "p" * 300, "has too long a name"),
    Case("a home", "~/x.bed", "`~` is not expanded here: write the full path"),
)
