"""Made-up CIFAR files in the true format, and a server on the loopback that can misbehave."""

import gzip
import hashlib
import io
import struct
import sys
import tarfile
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from scallion.datasets import cifar10, cifar100
from scallion.datasets.download import Patience

ROWS = 20


@pytest.fixture(autouse=True)
def own_places(tmp_path, monkeypatch):
    """No test sees the caches, proxies or addresses of the one who runs it."""
    monkeypatch.setenv("SCALLION_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("SCALLION_CIFAR10_URL", "SCALLION_CIFAR100_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "*")
    for module in (cifar10, cifar100):
        monkeypatch.setattr(module, "PATIENCE", Patience(timeout=5.0, pause=0.01))


class Python2Pickler:
    """Writes what Python 2's cPickle wrote with protocol 2: `str` as bytes, a memo number each."""

    def __init__(self):
        self.memo = 0

    def put(self):
        self.memo += 1
        return b"q" + bytes([self.memo]) if self.memo < 256 else b"r" + struct.pack("<I", self.memo)

    def dump(self, value):
        return b"\x80\x02" + self.save(value) + b"."

    def save(self, value):
        if isinstance(value, bytes):
            short = len(value) < 256
            head = b"U" + bytes([len(value)]) if short else b"T" + struct.pack("<i", len(value))
            return head + value + self.put()
        if isinstance(value, int):
            return self.integer(value)
        if isinstance(value, list):
            return b"]" + self.put() + b"(" + b"".join(map(self.save, value)) + b"e"
        if isinstance(value, dict):
            items = b"".join(self.save(key) + self.save(item) for key, item in value.items())
            return b"}" + self.put() + b"(" + items + b"u"
        return self.array(value)

    def integer(self, value):
        if 0 <= value < 256:
            return b"K" + bytes([value])
        return (
            b"M" + struct.pack("<H", value)
            if 0 <= value < 65536
            else b"J" + struct.pack("<i", value)
        )

    def array(self, values):
        blank = (
            b"cnumpy.core.multiarray\n_reconstruct\n"
            + self.put()
            + b"cnumpy\nndarray\n"
            + self.put()
            + b"K\x00\x85"
            + self.put()
            + self.save(b"b")
            + b"\x87"
            + self.put()
            + b"R"
            + self.put()
        )
        shape = b"".join(map(self.integer, values.shape)) + b"\x86" + self.put()
        dtype = (
            b"cnumpy\ndtype\n"
            + self.put()
            + self.save(b"u1")
            + b"K\x00K\x01\x87"
            + self.put()
            + b"R"
            + self.put()
            + b"(K\x03"
            + self.save(b"|")
            + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t"
            + self.put()
            + b"b"
        )
        raw = self.save(values.tobytes())
        return blank + b"(K\x01" + shape + dtype + b"\x89" + raw + b"t" + self.put() + b"b"


@pytest.fixture
def python2_pickle():
    return lambda value: Python2Pickler().dump(value)


def tar_of(files):
    """A gzipped tar; a value that is a TarInfo is put there as it is."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(content)
                continue
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), compresslevel=1, mtime=0)


@pytest.fixture(name="tar_of")
def tar_of_fixture():
    return tar_of


class Made:
    """A small CIFAR: its archive, the pixels as planes (rows, 3072) and the labels of each file."""

    def __init__(self, module, files):
        self.module = module
        self.files = files
        self.set_archive(tar_of(files))

    def set_archive(self, archive):
        self.archive = archive
        self.sha256 = hashlib.sha256(archive).hexdigest()

    def source(self):
        """What the module believes, with this archive's checksums in place of the real ones."""
        real = self.module.SOURCE
        own = {
            batch.name: replace(
                batch,
                rows=ROWS,
                md5=hashlib.md5(self.files[f"{real.folder}/{batch.name}"]).hexdigest(),
            )
            for batch in (*real.train, real.test)
        }
        return replace(
            real,
            remote=replace(real.remote, sha256=self.sha256, url="http://127.0.0.1:1/closed"),
            train=tuple(own[batch.name] for batch in real.train),
            test=own[real.test.name],
        )


def make_batches(module, label_keys, classes, seed):
    generator = np.random.default_rng(seed)
    real, files, pixels, labels = module.SOURCE, {}, {}, {}
    for batch in (*real.train, real.test):
        planes = generator.integers(0, 256, (ROWS, 3072), np.uint8)
        drawn = {key: generator.integers(0, classes[key], ROWS).tolist() for key in label_keys}
        content = {
            b"batch_label": b"training batch 1 of 5",
            **{key.encode(): value for key, value in drawn.items()},
            b"data": planes,
            b"filenames": [b"%05d.png" % number for number in range(ROWS)],
        }
        files[f"{real.folder}/{batch.name}"] = Python2Pickler().dump(content)
        pixels[batch.name], labels[batch.name] = planes, drawn
    files[f"{real.folder}/readme.html"] = b"<html></html>"
    return files, pixels, labels


@pytest.fixture
def made10(monkeypatch):
    files, pixels, labels = make_batches(cifar10, ["labels"], {"labels": 10}, 10)
    made = Made(cifar10, files)
    made.pixels, made.labels = pixels, labels
    monkeypatch.setattr(cifar10, "SOURCE", made.source())
    return made


@pytest.fixture
def made100(monkeypatch):
    classes = {"fine_labels": 100, "coarse_labels": 20}
    files, pixels, labels = make_batches(cifar100, list(classes), classes, 100)
    made = Made(cifar100, files)
    made.pixels, made.labels = pixels, labels
    monkeypatch.setattr(cifar100, "SOURCE", made.source())
    return made


class QuietServer(ThreadingHTTPServer):
    """Says nothing of a client that hangs up, which is what these tests make clients do."""

    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Loopback:
    """Serves `body`; each request is answered as the next of `plan` says, then as a whole."""

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
                """Send the head of what is asked for; its bytes."""
                total, asked = len(server.body), self.headers.get("Range")
                if not asked or not server.ranges:
                    self.head(200, Content_Length=total)
                    return server.body
                first = int(asked.removeprefix("bytes=").rstrip("-"))
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
