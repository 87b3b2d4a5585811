"""Whether a server is this machine, this network, or somebody else's."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit, urlunsplit

from dualalign.errors import ModelError


def checked_url(base_url: str) -> SplitResult:
    """Return the parts of a server's URL.

    Raises:
        ModelError: it is none that a request can go to; its user, password and query are not repeated.
    """
    remedy = "give a base URL such as http://localhost:8000/v1 or http://[::1]:8000/v1"
    try:
        parts = urlsplit(base_url.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ModelError(f"--base-url is no http(s) URL ({error})", remedy) from None
    if parts.scheme not in ("http", "https") or not host:
        raise ModelError(f"--base-url '{shown_url(parts)}' is no http(s) URL", remedy)
    if port == 0 or any(character.isspace() or not character.isprintable() for character in base_url.strip()):
        raise ModelError(f"--base-url '{shown_url(parts)}' names no host and port", remedy)
    try:
        host.encode("ascii" if ":" in host else "idna")
    except UnicodeError:
        raise ModelError("--base-url names a host that no server can have", remedy) from None
    return parts


def shown_url(parts: SplitResult) -> str:
    """Return a URL without what may be secret in it: user, password, query."""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def is_private_host(base_url: str) -> bool:
    """Return whether every address of the URL's host is loopback, link-local or of a private range.

    A name that cannot be resolved counts as public.
    """
    try:
        addresses = {str(entry[4][0]) for entry in socket.getaddrinfo(checked_url(base_url).hostname, None)}
    except (OSError, UnicodeError):
        return False
    parsed = [ipaddress.ip_address(address.partition("%")[0]) for address in addresses]
    return bool(parsed) and all(a.is_private or a.is_loopback or a.is_link_local for a in parsed)


def guard_real_text(base_url: str, allowed: bool) -> None:
    """Refuse to send real patient text to a public host unless the user said so.

    Raises:
        ModelError: the host is public and `allowed` is False.
    """
    if not allowed and not is_private_host(base_url):
        raise ModelError(
            f"{shown_url(checked_url(base_url))}: real patient text would leave for a host that is neither this machine nor a private network",
            "name a local server, or add --send-real-text-to-public-host if you may send it there",
        )
