"""A local server that can fail as told."""

import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


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
