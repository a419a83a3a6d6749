"""A scripted cloud on loopback: what the stand-in plugin is told here is up to each test, unlike in the emulator.

It serves a metadata document, tokens, and resources that are whatever was PUT. A test can queue answers that go first.
"""

import json
import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt

from emulator.certificates import ensure_certificates

TENANT = "10000000-0000-4000-8000-0000000000aa"
SUBSCRIPTION = "20000000-0000-4000-8000-0000000000aa"
CLIENT = "30000000-0000-4000-8000-0000000000aa"
OBJECT = "40000000-0000-4000-8000-0000000000aa"
SECRET = "correct horse"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"


@dataclass
class Request:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: Any


@dataclass
class Answer:
    """What a test wants answered to one request."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    until: threading.Event | None = None
    """Answer only once this is set."""


def error(code: str, message: str, status: int = 400, **headers: str) -> Answer:
    """An ARM error."""
    return Answer(status, {"error": {"code": code, "message": message}}, headers)


class ArmServer:
    """The cloud. Its URL ends without a slash."""

    def __init__(self, url: str, bundle: Path) -> None:
        self.url = url
        self.bundle = bundle
        self.resources: dict[str, dict[str, Any]] = {}
        self.requests: list[Request] = []
        self.tokens_given = 0
        self._answers: defaultdict[tuple[str, str], deque[Answer]] = defaultdict(deque)
        self._lock = threading.Lock()

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead a client here."""
        return {
            "ARM_METADATA_HOSTNAME": urlsplit(self.url).netloc,
            "ARM_DISABLE_INSTANCE_DISCOVERY": "true",
            "ARM_TENANT_ID": TENANT,
            "ARM_SUBSCRIPTION_ID": SUBSCRIPTION,
            "ARM_CLIENT_ID": CLIENT,
            "ARM_CLIENT_SECRET": SECRET,
            "SSL_CERT_FILE": str(self.bundle),
        }

    def answer(self, method: str, path: str, *answers: Answer) -> None:
        """Queue answers to requests whose path ends so."""
        self._answers[method, path.lower()].extend(answers)

    def calls(self, method: str | None = None) -> list[tuple[str, str]]:
        """The management requests so far as (method, path)."""
        return [
            (request.method, request.path)
            for request in self.requests
            if method in {None, request.method} and request.path.startswith("/subscriptions")
        ]

    def last(self, method: str) -> Request:
        """The last request of that method."""
        return next(request for request in reversed(self.requests) if request.method == method)

    def respond(self, request: Request) -> Answer:
        """The answer to a request: the queued one, or else the simplest cloud there could be."""
        with self._lock:
            self.requests.append(request)
            for (method, path), queue in self._answers.items():
                if queue and method == request.method and request.path.lower().endswith(path):
                    return queue.popleft()
            return self._default(request)

    def _default(self, request: Request) -> Answer:
        if request.path == "/metadata/endpoints":
            return Answer(body=self._metadata())
        if request.path.endswith("/oauth2/v2.0/token"):
            self.tokens_given += 1
            token = jwt.encode({"oid": OBJECT, "appid": CLIENT, "tid": TENANT}, "k" * 32)
            return Answer(body={"access_token": token, "expires_in": 3600, "token_type": "Bearer"})
        key = request.path.lower()
        match request.method:
            case "GET" if key in self.resources:
                return Answer(body=self.resources[key])
            case "PUT" | "PATCH":
                name = request.path.rpartition("/")[2]
                self.resources[key] = {"id": request.path, "name": name, "type": "t", **request.body}
                return Answer(body=self.resources[key])
            case "DELETE" if self.resources.pop(key, None) is not None:
                return Answer(200)
            case _:
                return error("ResourceNotFound", f"The Resource '{request.path}' was not found.", 404)

    def _metadata(self) -> dict[str, Any]:
        return {
            "name": "ScriptedCloud",
            "authentication": {"loginEndpoint": self.url, "audiences": [self.url], "tenant": "common"},
            "resourceManager": self.url,
            "microsoftGraphResourceId": f"{self.url}/graph",
        }


@contextmanager
def serve(directory: Path) -> Iterator[ArmServer]:
    """A scripted cloud for the length of a with block; certificates are kept in the directory."""
    certificates = ensure_certificates(directory)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate, certificates.private_key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.daemon_threads = True
    arm = ArmServer(f"https://localhost:{server.server_address[1]}", certificates.bundle)
    server.arm = arm  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield arm
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one segment an answer, or the client's acknowledgement is waited for

    def answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        text = self.rfile.read(length)
        url = urlsplit(self.path)
        body = json.loads(text) if text[:1] == b"{" else None
        request = Request(self.command, url.path, dict(parse_qsl(url.query)), dict(self.headers), body)
        arm: ArmServer = self.server.arm  # type: ignore[attr-defined]
        answer = arm.respond(request)
        if answer.until is not None:
            answer.until.wait(30)
        payload = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
        data = b"" if answer.body is None else payload.encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name.replace("_", "-"), value.replace("{url}", arm.url))
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        pass


for _method in ("GET", "PUT", "PATCH", "POST", "DELETE"):
    setattr(_Handler, f"do_{_method}", _Handler.answer)
