"""CIFAR archives with random content, and a local server that can fail as told."""

import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from generated_cifar import GeneratedCifar
from scallion.datasets import cifar10, cifar100
from scallion.datasets.downloading.download import RetryPolicy


@pytest.fixture(autouse=True)
def own_places(tmp_path, monkeypatch):
    """Isolate tests from the caches, proxies and URLs of whoever runs them."""
    monkeypatch.setenv("SCALLION_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("SCALLION_CIFAR10_URL", "SCALLION_CIFAR100_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "*")
    for module in (cifar10, cifar100):
        monkeypatch.setattr(module, "RETRY", RetryPolicy(timeout=5.0, pause=0.01))


def installed(made, monkeypatch):
    made.pack()
    monkeypatch.setattr(made.module, "SOURCE", made.source())
    return made


@pytest.fixture
def made10(monkeypatch):
    return installed(GeneratedCifar(cifar10, {"labels": 10}), monkeypatch)


@pytest.fixture
def made100(monkeypatch):
    classes = {"fine_labels": 100, "coarse_labels": 20}
    return installed(GeneratedCifar(cifar100, classes), monkeypatch)


class QuietServer(ThreadingHTTPServer):
    """A server that reports nothing when a client closes the connection, as these tests do."""

    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Loopback:
    """Serves `body`; the next entry of `plan` decides the response to each request."""

    def __init__(self):
        self.body = b""
        self.plan = []
        self.requests = []
        self.ranges = True
        self.delay = 0.0
        self.http = QuietServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}).start()

    @property
    def port(self):
        return self.http.server_address[1]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/set.tar.gz"

    def close(self):
        self.http.shutdown()
        self.http.server_close()

    def _handler(self):
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                server.requests.append((self.path, dict(self.headers)))
                behaviour = server.plan.pop(0) if server.plan else "whole"
                getattr(self, f"answer_{behaviour}")()

            def head(self, code, **headers):
                self.send_response(code)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), str(value))
                self.end_headers()

            def start(self):
                """Send the headers for the requested range; return its bytes."""
                total, requested = len(server.body), self.headers.get("Range")
                if not requested or not server.ranges:
                    self.head(200, Content_Length=total)
                    return server.body
                first = int(requested.removeprefix("bytes=").rstrip("-"))
                if first >= total:
                    self.head(416, Content_Range=f"bytes */{total}", Content_Length=0)
                    return b""
                self.head(
                    206,
                    Content_Range=f"bytes {first}-{total - 1}/{total}",
                    Content_Length=total - first,
                )
                return server.body[first:]

            def answer_whole(self):
                body = self.start()
                for place in range(0, len(body), 1 << 16):
                    time.sleep(server.delay)
                    self.wfile.write(body[place : place + (1 << 16)])

            def answer_cut(self):
                body = self.start()
                self.wfile.write(body[: len(body) // 2])

            def answer_hang(self):
                body = self.start()
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                time.sleep(3.0)

            def answer_unknown_length(self):
                self.head(200)
                self.wfile.write(server.body)

            def answer_page(self):
                page = b"<!DOCTYPE html><html>Please log in</html>"
                self.head(200, Content_Type="text/html; charset=utf-8", Content_Length=len(page))
                self.wfile.write(page)

            def answer_missing(self):
                self.head(404, Content_Length=0)

            def answer_busy(self):
                self.head(503, Content_Length=0)

            def log_message(self, *arguments):
                pass

        return Handler


@pytest.fixture
def server():
    loopback = Loopback()
    yield loopback
    loopback.close()
