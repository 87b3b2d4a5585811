"""Whether a server is this machine, this network, or somebody else's."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from dualalign.errors import ModelError


def is_private_host(base_url: str) -> bool:
    """Return whether every address of the URL's host is loopback, link-local or of a private range.

    A name that cannot be resolved counts as public.
    """
    host = urlsplit(base_url).hostname
    if host is None:
        return False
    try:
        addresses = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except OSError:
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
            f"{base_url}: real patient text would leave for a host that is neither this machine nor a private network",
            "name a local server, or add --send-real-text-to-public-host if you may send it there",
        )
