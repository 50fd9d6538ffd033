"""A server in front of an S3 server that goes wrong on purpose: requests fail, hang, are cut off, or lose their answer.

Used by `chaos.py` and by the tests in `tests/faults`; nothing here is imported by the program.
"""

import http.client
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

Fault = Literal[
    "503", "hang", "slow", "cut-upload", "truncate", "cut-answer", "lost-answer", "refuse-create", "ignore-create"
]
Choose = Callable[[str, str, Mapping[str, str]], Fault | None]

CONDITION = "if-none-match"
CHECKS = ("content-length", "content-md5", "x-amz-checksum", "x-amz-sdk-checksum")
HOP_BY_HOP = ("connection", "transfer-encoding", "keep-alive")
BUSY = b'<?xml version="1.0"?><Error><Code>ServiceUnavailable</Code><Message>busy</Message></Error>'
REFUSED = b'<?xml version="1.0"?><Error><Code>NotImplemented</Code><Message>If-None-Match</Message></Error>'
ENTRY = re.compile(rb"<Contents>.*?<Key>(.*?)</Key>.*?</Contents>", re.DOTALL)


@dataclass
class Faults:
    """What goes wrong. `choose(method, path, headers)` names the fault of a request; `hidden_s` is for how long a new
    object is missing in listings; `slow_s` how long a slow answer takes; `gone` refuses every connection's request.
    """

    choose: Choose = lambda method, path, headers: None
    hidden_s: float = 0.0
    slow_s: float = 1.0
    gone: bool = False
    requests: int = 0
    injected: dict[str, int] = field(default_factory=dict)
    written: dict[str, float] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, method: str, path: str, headers: Mapping[str, str]) -> Fault | None:
        """The fault of one more request, counted."""
        with self.lock:
            self.requests += 1
            fault = "503" if self.gone else self.choose(method, path, headers)
            if fault is not None:
                self.injected[fault] = self.injected.get(fault, 0) + 1
            return fault


def at_rates(seed: int, rates: Mapping[Fault, float]) -> Choose:
    """Faults at random, each with its own rate, the same for the same seed and order of requests."""
    draws = random.Random(seed)

    def choose(method: str, path: str, headers: Mapping[str, str]) -> Fault | None:
        del method, path, headers
        draw = draws.random()
        for fault, rate in rates.items():
            if draw < rate:
                return fault
            draw -= rate
        return None

    return choose


def first_times(fault: Fault, times: int, method: str = "", within: str = "") -> Choose:
    """The fault for the first requests of a method whose path holds a text, none for the others."""
    left = [times]

    def choose(asked: str, path: str, headers: Mapping[str, str]) -> Fault | None:
        del headers
        if left[0] and (not method or asked == method) and within in path:
            left[0] -= 1
            return fault
        return None

    return choose


class _Handler(BaseHTTPRequestHandler):
    """Passes one request on, unless it is its turn to go wrong."""

    protocol_version = "HTTP/1.1"
    faults: Faults
    upstream: str

    def _serve(self) -> None:
        faults = self.faults
        fault = faults.next(self.command, self.path, self.headers)
        length = int(self.headers.get("content-length") or 0)
        if fault == "cut-upload":
            self.rfile.read(length // 2)
            self._hang_up()
            return
        body = self.rfile.read(length) if length else b""
        if fault == "hang":
            faults.ended.wait(600)
            self._hang_up()
        elif fault == "503":
            self._answer(503, BUSY)
        elif fault == "refuse-create" and self.headers.get(CONDITION):
            self._answer(501, REFUSED)
        else:
            if fault == "slow":
                faults.ended.wait(faults.slow_s)
            self._pass_on(body, fault)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _serve

    def _pass_on(self, body: bytes, fault: Fault | None) -> None:
        place = urlsplit(self.upstream)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
        dropped = (*HOP_BY_HOP, "expect") + ((CONDITION,) if fault == "ignore-create" else ())
        headers = {name: value for name, value in self.headers.items() if name.lower() not in dropped}
        if fault == "truncate":
            body = body[: len(body) // 2]
            headers = {name: value for name, value in headers.items() if not name.lower().startswith(CHECKS)}
        try:
            connection.request(self.command, self.path, body or None, headers)
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        if self.command in ("PUT", "POST") and answer.status == http.client.OK:
            self.faults.written[unquote(urlsplit(self.path).path)] = time.monotonic()
        if fault == "lost-answer":
            self._hang_up()
            return
        if self.command == "GET" and "list-type" in parse_qs(urlsplit(self.path).query, keep_blank_values=True):
            data = self._without_the_new(data)
        self._answer(answer.status, data, dict(answer.getheaders()), cut=fault == "cut-answer")

    def _without_the_new(self, listing: bytes) -> bytes:
        if not self.faults.hidden_s:
            return listing
        bucket = urlsplit(self.path).path.strip("/").split("/")[0]
        since = time.monotonic() - self.faults.hidden_s

        def seen(entry: re.Match[bytes]) -> bytes:
            path = f"/{bucket}/{unquote(entry[1].decode())}"
            return b"" if self.faults.written.get(path, -1.0) > since else entry[0]

        return ENTRY.sub(seen, listing)

    def _answer(self, status: int, data: bytes, headers: Mapping[str, str] | None = None, *, cut: bool = False) -> None:
        self.send_response_only(status)
        length = (headers or {}).get("Content-Length") if self.command == "HEAD" else None
        for name, value in (headers or {}).items():
            if name.lower() not in (*HOP_BY_HOP, "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", length or str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data[: len(data) // 2] if cut else data)
        if cut:
            self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the standard library's name
        """Nothing is printed for a request."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is what this server is for."""


@contextmanager
def faulty_store(upstream: str, faults: Faults) -> Iterator[str]:
    """The address of a server in front of `upstream` that shows these faults while the block runs."""
    handler = type("Handler", (_Handler,), {"faults": faults, "upstream": upstream})
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        faults.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
