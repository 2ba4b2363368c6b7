"""The workbench's server in a thread, and a client that sends whatever it is told."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from scallion import workbench
from scallion.workbench import Access, Workbench
from scallion.workbench.request_log import RequestLog
from scallion.workbench.server import make_server


class Answer(NamedTuple):
    """A response."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


class Client:
    """A client of a server; unless told otherwise it sends what the page sends."""

    def __init__(self, access: Access, log: Path, bench: Workbench) -> None:
        self.access = access
        self.log = log
        self.workbench = bench
        self.cookie = access.set_cookie.partition(";")[0]

    @property
    def page_headers(self) -> dict[str, str]:
        """The headers that the page sends."""
        return {
            "Host": f"127.0.0.1:{self.access.port}",
            "Origin": self.access.origin,
            "Sec-Fetch-Site": "same-origin",
            "X-Scallion": "1",
            "Content-Type": "application/json",
            "Cookie": self.cookie,
        }

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Answer:
        """Send a request with the page's headers; None leaves one out."""
        sent = {**self.page_headers, **(headers or {})}
        content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.access.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in sent.items():
                if value is not None:
                    connection.putheader(name, value)
            if method not in ("GET", "HEAD"):
                connection.putheader("Content-Length", str(len(content)))
            connection.endheaders()
            if method not in ("GET", "HEAD"):
                connection.send(content)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """Return what an address answers as JSON."""
        answer = self.request("GET", path)
        assert answer.status == 200, answer
        return answer.json()

    def post(self, path: str, body: Any = None, method: str = "POST") -> Any:
        """Return what an address answers to a change."""
        answer = self.request(method, path, body)
        assert answer.status in (200, 202), answer
        return answer.json()

    def raw(self, sent: bytes) -> bytes:
        """Return all that the server answers to these bytes."""
        with socket.create_connection(("127.0.0.1", self.access.port), timeout=5) as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            found = b""
            while part := connection.recv(65536):
                found += part
            return found

    def wait_for_job(self, job: str, seconds: float = 60) -> dict[str, Any]:
        """Return a job once it has ended."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self.get(f"/api/jobs/{job}")
            if found["status"] not in ("queued", "running"):
                return found
            time.sleep(0.1)
        raise TimeoutError(found)


@contextmanager
def serving(root: Path, port: int = 0) -> Iterator[Client]:
    """Serve the workbench of a folder, from a thread of this process."""
    listener = workbench.open_socket(port)
    access = Access(listener.getsockname()[1])
    log = RequestLog(root / ".state")
    bench = Workbench(root)
    server = make_server(workbench.build_application(bench, access, log))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield Client(access, log.path, bench)
    finally:
        server.should_exit = True
        thread.join()
        bench.close()
        if bench.trainings._executor is not None:
            bench.trainings._executor.shutdown(cancel=True)
        listener.close()
