"""A chat endpoint on this machine that answers what a test says: a real HTTP server in a thread."""

import json
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def completion(content: object) -> dict[str, Any]:
    text = content if isinstance(content, str) else json.dumps(content)
    return {"choices": [{"message": {"role": "assistant", "content": text}}]}


class Answer:
    """What the server says to one request: a status, a body (with a chunk of 1: byte by byte, a
    hundred a second), headers."""

    def __init__(
        self, body: object, status: int = 200, *, chunk: int = 1 << 20, **headers: str
    ) -> None:
        self.status, self.chunk = status, chunk
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class _HTTPServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Whoever asked has closed the connection: no news for the standard error that a test reads.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Server:
    """Answers what `script` holds, one a request, and then what `default` makes of the request."""

    def __init__(self, default: Answer) -> None:
        self.script: list[Answer | Callable[[Any], Answer]] = []
        self.usual = default
        self.default: Answer | Callable[[Any], Answer] = default
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.answered = 0
        self.let_go = threading.Event()
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length)
                if len(body) < length:  # whoever asked has given up between the head and the body
                    self.close_connection = True
                    return
                document = json.loads(body)
                with outer._lock:
                    outer.requests.append(document)
                    outer.headers.append(dict(self.headers))
                    outer.paths.append(self.path)
                    answer = outer.script.pop(0) if outer.script else outer.default
                if not isinstance(answer, Answer):
                    answer = answer(document)
                with outer._lock:
                    outer.answered += 1
                try:
                    self.send_response(answer.status)
                    for name, value in answer.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(answer.body)))
                    self.end_headers()
                    for i in range(0, len(answer.body), answer.chunk):
                        self.wfile.write(answer.body[i : i + answer.chunk])
                        if answer.chunk == 1:
                            outer.let_go.wait(0.01)
                except OSError:
                    pass  # whoever asked has given up, as some tests want it

            def log_message(self, format: str, *args: object) -> None: ...

        self._server = _HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def hang(self, document: Any) -> Answer:
        """No answer before `let_go`."""
        self.let_go.wait(10)
        return self.usual

    def close(self) -> None:
        self.let_go.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
