"""A federation on one machine, to try the app before sites take part: a SuperLink and a SuperNode a site."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from dualalign.errors import ProgressionError

_PATIENCE = 120.0
Run = Callable[[Mapping[str, str | int | float | bool]], None]
"""Runs the app with some of its settings, by their names in the run config."""


@contextmanager
def local_federation(app: Path, sites: Sequence[Path]) -> Iterator[Run]:
    """Start a SuperLink and one SuperNode for each data set, and yield what runs the app over them.

    Args:
        app: folder of the Flower app, such as `examples/federated`.
        sites: data set of each site.

    Raises:
        ProgressionError: a run that failed, with the end of its log.
    """
    tools = Path(sys.executable).parent
    with ExitStack() as opened:
        home = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        # Flower starts its own programs by name.
        path = f"{tools}{os.pathsep}{os.environ.get('PATH', '')}"
        environment = {**os.environ, "PATH": path, "FLWR_HOME": str(home), "FLWR_TELEMETRY_ENABLED": "0"}
        log = opened.enter_context((home / "log.txt").open("w"))

        def start(*words: object) -> None:
            process = subprocess.Popen([str(each) for each in words], env=environment, stdout=log, stderr=log)
            opened.callback(process.wait)
            opened.callback(process.terminate)

        link = f"127.0.0.1:{_free_port()}"
        port = link.rsplit(":", 1)[1]
        start(tools / "flower-superlink", "--insecure", "--host", "127.0.0.1", "--port", port)
        _wait_for(link)
        for site in sites:
            data = f"data={json.dumps(str(site.resolve()))}"
            words = ("--insecure", "--superlink", link, "--port", _free_port(), "--node-config", data)
            start(tools / "flower-supernode", *words)
        (home / "config.toml").write_text(
            f'[superlink]\ndefault = "here"\n[superlink.here]\naddress = "{link}"\ninsecure = true\n'
        )

        def run(settings: Mapping[str, str | int | float | bool]) -> None:
            chosen = {"sites": len(sites), **settings}
            words = " ".join(f"{name}={json.dumps(value)}" for name, value in chosen.items())
            ended = subprocess.run(
                [str(tools / "flwr"), "run", str(app), "--run-config", words, "--stream"],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            said = ended.stdout + ended.stderr
            if ended.returncode or "ERROR" in said:
                raise ProgressionError(f"the run failed: {said[-1500:]}", "see the log above")

        yield run


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(address: str) -> None:
    host, port = address.rsplit(":", 1)
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        with socket.socket() as tried:
            if tried.connect_ex((host, int(port))) == 0:
                return
        time.sleep(0.5)
    raise ProgressionError(f"no SuperLink at {address}", "is Flower installed beside dualalign?")
