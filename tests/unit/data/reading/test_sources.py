import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import md5, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tfmoe.core.errors import InputError
from tfmoe.data.reading import sources
from tfmoe.data.reading.sources import check_checksum, fetch_file, file_checksum

CONTENT = bytes(range(256)) * 40
SHA256 = sha256(CONTENT).hexdigest()
MD5 = md5(CONTENT).hexdigest()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate of 127.0.0.1, in one file with its key."""
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    command = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -addext"
    names = ["subjectAltName=IP:127.0.0.1", "-keyout", str(path), "-out", f"{path}.crt"]
    subprocess.run(["openssl", *command.split(), *names], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + Path(f"{path}.crt").read_bytes())
    return path


class Server(ThreadingHTTPServer):
    """Serves CONTENT; it may break off, fail at first, ignore ranges, or send elsewhere."""

    def __init__(self, certificate: Path | None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.scheme = "http"
        self.redirect: str | None = None
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
            self.scheme = "https"
        self.ranges: list[str | None] = []
        self.failures = 0
        self.stop_at: int | None = None
        self.resumes = True

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}/folder/file.bin"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.ranges.append(wanted)
        if "missing" in self.path:
            self.send_error(404)
            return
        if self.server.redirect and "folder" in self.path:
            self.send_response(302)
            self.send_header("Location", self.server.redirect)
            self.end_headers()
            return
        if self.server.failures > 0:
            self.server.failures -= 1
            self.send_error(503)
            return
        begin = int(wanted.split("=")[1].rstrip("-")) if wanted and self.server.resumes else 0
        if begin >= len(CONTENT):
            self.send_error(416)
            return
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(CONTENT) - begin))
        self.end_headers()
        stop, self.server.stop_at = self.server.stop_at, None
        self.wfile.write(CONTENT[begin:stop])

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(certificate: Path | None) -> Iterator[Server]:
    with Server(certificate) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, certificate: Path) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving(certificate) as running:
        yield running


def fetch(server: Server, folder: Path, checksum: str = SHA256, attempts: int = 3) -> Path:
    target = folder / "out" / "file.bin"
    fetch_file(server.url, checksum, target, folder / "partial", attempts=attempts, wait=0.001)
    return target


def test_download(server: Server, tmp_path: Path) -> None:
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert server.ranges == [None]
    assert not (tmp_path / "partial").exists()


def test_broken_download_is_resumed(server: Server, tmp_path: Path) -> None:
    server.stop_at = 3000
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=3000-"]


def test_resumed_by_the_next_run(server: Server, tmp_path: Path) -> None:
    server.stop_at = 5000
    with pytest.raises(InputError, match=r"the download failed .* at attempt 1 of 1; run again to"):
        fetch(server, tmp_path, attempts=1)
    assert (tmp_path / "partial").read_bytes() == CONTENT[:5000]
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=5000-"]


def test_server_without_ranges(server: Server, tmp_path: Path) -> None:
    (tmp_path / "partial").write_bytes(CONTENT[:100])
    server.resumes = False
    assert fetch(server, tmp_path).read_bytes() == CONTENT


def test_download_that_was_whole_already(server: Server, tmp_path: Path) -> None:
    (tmp_path / "partial").write_bytes(CONTENT)
    assert fetch(server, tmp_path).read_bytes() == CONTENT


def test_passing_errors_are_retried(server: Server, tmp_path: Path) -> None:
    server.failures = 2
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    server.failures = 3
    with pytest.raises(InputError, match="503"):
        fetch(server, tmp_path)


def test_lasting_errors_are_not(server: Server, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"404.* at attempt 1 of 3"):
        fetch_file(server.url + "missing", SHA256, tmp_path / "x", tmp_path / "p", None, 3, 0.001)


@pytest.mark.parametrize(
    ("checksum", "message"),
    [
        ("0" * 64, f"its sha256 is {SHA256}, expected {'0' * 64}"),
        ("0" * 32, f"its md5 is {MD5}, expected {'0' * 32}"),
    ],
)
def test_changed_file(server: Server, tmp_path: Path, checksum: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        fetch(server, tmp_path, checksum)
    assert not (tmp_path / "partial").exists()
    assert not (tmp_path / "out" / "file.bin").exists()


def test_a_file_of_which_the_md5_is_known(server: Server, tmp_path: Path) -> None:
    assert fetch(server, tmp_path, MD5).read_bytes() == CONTENT


def test_mirror(server: Server, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    (mirror / "a").mkdir(parents=True)
    (mirror / "b").mkdir()
    (mirror / "a" / "file.bin").write_bytes(b"another file of this name")
    (mirror / "b" / "file.bin").write_bytes(CONTENT)
    target = tmp_path / "out" / "file.bin"
    fetch_file(server.url, SHA256, target, tmp_path / "partial", mirror)
    assert target.read_bytes() == CONTENT
    assert server.ranges == []
    fetch_file(server.url, MD5, target, tmp_path / "partial", mirror)
    (mirror / "b" / "file.bin").unlink()
    for checksum, kind in ((SHA256, "sha256"), (MD5, "md5")):
        message = f"a/file.bin: the file in the mirror does not have the {kind} {checksum}"
        with pytest.raises(InputError, match=message):
            fetch_file(server.url, checksum, target, tmp_path / "partial", mirror)
    (mirror / "a" / "file.bin").unlink()
    target.unlink()
    fetch_file(server.url, SHA256, target, tmp_path / "partial", mirror)
    assert target.read_bytes() == CONTENT
    with pytest.raises(InputError, match="nowhere: `mirror` in the config is not a folder"):
        fetch_file(server.url, SHA256, target, tmp_path / "partial", tmp_path / "nowhere")


def refused(url: str, folder: Path, message: str) -> None:
    """Check that a URL is refused, and leaves nothing behind."""
    with pytest.raises(InputError, match=message):
        fetch_file(url, SHA256, folder / "out" / "x", folder / "p", None, 3, 0.001)
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_a_redirect_to_https_is_followed(server: Server, tmp_path: Path) -> None:
    server.redirect = server.url.replace("folder", "other")
    assert fetch(server, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x", "gopher://x/y", "//[", "http:"]
)
def test_a_redirect_to_another_protocol_is_refused(
    server: Server, tmp_path: Path, target: str
) -> None:
    server.redirect = target
    refused(server.url, tmp_path, r"the download failed .* at attempt 1 of 3")


def test_a_redirect_to_http_is_refused(server: Server, tmp_path: Path) -> None:
    with serving(None) as plain:
        server.redirect = plain.url.replace("folder", "other")
        refused(server.url, tmp_path, r"found a redirect to http://127\.0\.0\.1.*, expected one to")
        assert plain.ranges == [], "nothing was asked of it"


def test_a_loop_of_redirects_ends(server: Server, tmp_path: Path) -> None:
    server.redirect = server.url
    refused(server.url, tmp_path, "infinite loop")


def test_a_server_that_nobody_vouches_for_is_refused(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    refused(server.url, tmp_path, "CERTIFICATE_VERIFY_FAILED")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    refused(server.url, tmp_path, "CERTIFICATE_VERIFY_FAILED")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://127.0.0.1/x", "found the protocol http, expected https; if the server"),
        ("ftp://127.0.0.1/x", "found the protocol ftp, expected https"),
        ("file:///etc/passwd", "found the protocol file, expected https"),
        ("s3://bucket/x", "found the protocol s3, expected https"),
        ("https://me:secret@127.0.0.1/x", "found a user name in the URL"),
        ("https://127.0.0.1/../x", "found `..` in the URL"),
        ("https://127.0.0.1/%2e%2e/x", "found `..` in the URL"),
        ("https://127.0.0.1/a%2F..%2Fx", "found `..` in the URL"),
        ("https://127.0.0.1/a%0Ax", "the file's name contains the character U\\+000A"),
        ("https://127.0.0.1", "the URL names no file"),
    ],
)
def test_urls_that_are_never_asked_for(tmp_path: Path, url: str, message: str) -> None:
    refused(url, tmp_path, message)


def test_a_download_without_end_is_given_up(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MOST_BYTES", 1000)
    with pytest.raises(InputError, match="found more than 1,000 bytes"):
        fetch(server, tmp_path)
    assert not (tmp_path / "partial").exists()


def test_checksum_of_a_local_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(CONTENT)
    assert (file_checksum(path), file_checksum(path, "md5")) == (SHA256, MD5)
    check_checksum(path, SHA256)
    check_checksum(path, MD5)
    check_checksum(path, None)
    with pytest.raises(InputError, match=f"x: its sha256 is {SHA256}, expected {'1' * 64}"):
        check_checksum(path, "1" * 64)
    with pytest.raises(InputError, match=f"x: its md5 is {MD5}, expected {'1' * 32}"):
        check_checksum(path, "1" * 32)
    with pytest.raises(InputError, match="does not exist"):
        check_checksum(tmp_path / "none", None)
