"""URLs of files to download, checked before any job runs."""

from __future__ import annotations

import ipaddress
import re
from pathlib import PurePosixPath
from urllib.parse import SplitResult, quote, unquote, urlsplit

from tfmoe.core.messages import odd_character, shorten

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\Z")
_LONGEST_NAME = 200
_LONGEST_URL = 2000
# characters that are left as they are when a URL is sent; `%` is, because a URL may be encoded
_UNQUOTED = "%/:=&?~#+!$,;'@()*[]"


def is_url(location: str) -> bool:
    """Return whether a file's location is a URL, of whatever protocol."""
    return _URL.match(location) is not None


def url_fault(location: str) -> str | None:
    """Return why a URL can never be downloaded; nothing for a good URL and for a path."""
    if not is_url(location):
        return None
    shown = shorten(location, 200)[1:-1]
    if len(location) > _LONGEST_URL:
        return f"{shown}: found a URL of {len(location):,} characters, expected at most 2,000"
    if re.search(r"\s", location) or odd_character(location):
        return f"{shown}: found white space in a URL; write %20 for a blank"
    try:
        parts = urlsplit(location)
        host = parts.hostname
    except ValueError as error:
        return f"{shown}: not a valid URL ({error}); correct it"
    return next((f"{shown}: {fault}" for fault in _faults(parts, host) if fault), None)


def url_name(url: str) -> str:
    """Return the name of a URL's file, decoded."""
    return PurePosixPath(unquote(urlsplit(url).path)).name


def encoded_url(url: str) -> str:
    """Return a URL in which characters that no request may contain are encoded."""
    return quote(url, safe=_UNQUOTED)


def _faults(parts: SplitResult, host: str | None) -> list[str | None]:
    return [
        f"found the protocol {parts.scheme}, expected https; if the server has no https, download "
        "the file yourself and name its path"
        if parts.scheme != "https"
        else None,
        _host_fault(host),
        _port_fault(parts),
        "found a user name in the URL; download the file yourself and name its path"
        if "@" in parts.netloc
        else None,
        _name_fault(parts.path),
    ]


def _host_fault(host: str | None) -> str | None:
    if not host:
        return "the URL names no server; correct it"
    if ":" in host:
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            return f"found the server {host}, which is no IPv6 address; correct it"
        return None
    if len(host) <= 253 and all(map(_LABEL.match, host.removesuffix(".").split("."))):
        return None
    return f"found the server {shorten(host)[1:-1]}, which is no valid name; correct it"


def _port_fault(parts: SplitResult) -> str | None:
    try:
        if parts.port != 0:
            return None
    except ValueError:
        pass
    return "found a port that is not a number from 1 to 65535; correct it"


def _name_fault(path: str) -> str | None:
    decoded = unquote(path)
    if ".." in decoded.split("/"):
        return "found `..` in the URL; write the path of the file itself"
    name = PurePosixPath(decoded).name
    if not name:
        return "the URL names no file, only a server; correct it"
    odd = odd_character(name)
    if odd:
        return f"the file's name contains {odd}"
    if len(name.encode()) > _LONGEST_NAME:
        return f"found a file name of {len(name.encode())} bytes, expected at most {_LONGEST_NAME}"
    return None
