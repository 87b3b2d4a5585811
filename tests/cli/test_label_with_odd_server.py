"""`dualalign label` against servers that answer oddly: no word of a note in any stream, and exit codes that say so."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("aiohttp", reason="the llm extra is not installed")

CANARY = "Zwickyname"
Run = Callable[..., tuple[int, str, str]]


class Server(ThreadingHTTPServer):
    """Answers every request as `answer` says: status and body of the request's own text."""

    answer: Callable[[str], tuple[int, Any]] = staticmethod(lambda text: (200, {}))  # type: ignore[assignment]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, content = self.server.answer(sent["messages"][-1]["content"])
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None: ...


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=found.serve_forever, daemon=True).start()
    yield found
    found.shutdown()
    found.server_close()


@pytest.fixture
def label(run: Run, tmp_path: Path, server: Server) -> Callable[..., tuple[int, str]]:
    (tmp_path / "notes.jsonl").write_text(json.dumps({"text": f"{CANARY} forgets names at home."}))

    def ran(*words: str) -> tuple[int, str]:
        url = f"http://127.0.0.1:{server.server_port}/v1"
        given = (
            "-t",
            "text",
            "--annotator",
            "llm",
            "--base-url",
            url,
            "--model",
            "m",
            "-o",
            tmp_path / "out",
        )
        code, out, said = run("label", tmp_path / "notes.jsonl", *given, *words)
        assert CANARY.casefold() not in (out + said).casefold()
        assert "Traceback" not in said
        for file in (tmp_path / "out").glob("*.json*"):
            assert CANARY not in file.read_text()
        return code, said

    return ran


@pytest.mark.parametrize(
    ("status", "echo"),
    [
        (200, lambda text: {"error": {"code": 402, "message": text}}),
        (400, lambda text: {"error": {"message": f"bad input: {text}", "code": 400}}),
        (401, lambda text: {"error": text}),
        (404, lambda text: text.encode()),
        (413, lambda text: {"error": {"code": 404, "message": repr(text)}}),
        (422, lambda text: {"detail": [{"loc": ["body", text], "msg": text, "input": text}]}),
    ],
)
def test_an_error_that_quotes_the_note_does_not_show_it(
    status: int, echo: Callable[[str], Any], server: Server, label: Callable[..., tuple[int, str]]
) -> None:
    server.answer = lambda text: (status, echo(text))
    code, said = label()
    assert code == 2
    assert said.startswith("dualalign: ")


def completion(text: str) -> dict[str, Any]:
    return {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}


def test_a_loop_of_brackets_is_counted_and_asked_anew(
    server: Server, label: Callable[..., tuple[int, str]]
) -> None:
    server.answer = lambda text: (200, completion("[" * 500 + '{"id":1}'))
    code, said = label()
    assert code == 0
    assert "2 x unreadable" in said
    server.answer = lambda text: (200, completion('{"s1": ["cognitive"]}'))
    code, said = label("--overwrite")
    assert code == 0
    assert "1 sentences, 0 abstained" in said


@pytest.mark.parametrize("url", ["http://localhost:99999/v1", "http://[::1/v1", "http://h:port/v1"])
def test_a_base_url_that_is_none_is_one_line(url: str, label: Callable[..., tuple[int, str]]) -> None:
    code, said = label("--base-url", url)
    assert code == 2
    assert "--base-url" in said


def test_an_ipv6_address_is_asked(
    label: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dualalign.llm.retries._LONGEST_WAIT", 0.05)
    code, said = label("--base-url", "http://[::1]:9/v1", "--timeout", "1")
    assert code == 2
    assert "http://[::1]:9/v1/chat/completions" in said
