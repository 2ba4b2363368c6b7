"""Downloads: complete and checked, resumed after errors, and helpful on failure."""

import errno
import hashlib
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.error import URLError
from urllib.request import OpenerDirector

import pytest

from scallion.datasets.downloading import download
from scallion.datasets.downloading.download import RemoteFile, RetryPolicy, fetch
from scallion.errors import ArgumentError, DownloadError, FileError

BODY = bytes(range(256)) * 4_000  # 1,024,000 bytes
QUICK = RetryPolicy(timeout=5.0, pause=0.01)


@pytest.fixture
def remote(server):
    server.body = BODY
    return RemoteFile("A set", server.url, hashlib.sha256(BODY).hexdigest(), "A_SET_URL")


@pytest.fixture
def target(tmp_path):
    return tmp_path / "sets" / "set.tar.gz"


def part_of(target):
    return target.with_name("set.tar.gz.part")


def names(target):
    return sorted(path.name for path in target.parent.iterdir())


def ranges(server):
    return [headers.get("Range") for _, headers in server.requests]


def test_a_complete_download_leaves_no_partial_file(remote, server, target):
    assert fetch(remote, target, QUICK) == target
    assert target.read_bytes() == BODY
    assert names(target) == [".set.tar.gz.lock", "set.tar.gz"]
    assert ranges(server) == [None]


def test_an_existing_file_is_not_downloaded_again(remote, server, target):
    fetch(remote, target, QUICK)
    fetch(remote, target, QUICK)
    assert len(server.requests) == 1


def test_a_damaged_existing_file_is_replaced(remote, server, target):
    target.parent.mkdir()
    target.write_bytes(b"damaged")
    fetch(remote, target, QUICK)
    assert target.read_bytes() == BODY


def test_a_closed_connection_is_resumed(remote, server, target):
    server.plan = ["cut", "cut"]
    fetch(remote, target, QUICK)
    assert target.read_bytes() == BODY
    assert ranges(server) == [None, "bytes=512000-", "bytes=768000-"]


def test_a_partial_file_of_another_process_is_resumed(remote, server, target):
    target.parent.mkdir()
    part_of(target).write_bytes(BODY[:1000])
    fetch(remote, target, QUICK)
    assert target.read_bytes() == BODY
    assert ranges(server) == ["bytes=1000-"]


def test_repeatedly_closed_connections_raise_and_keep_the_part(remote, server, target):
    server.plan = ["cut"] * 4
    with pytest.raises(
        DownloadError, match=r"the connection was closed early, 4 times; .*\.part keeps"
    ):
        fetch(remote, target, QUICK)
    assert part_of(target).read_bytes() == BODY[: 1_024_000 * 15 // 16]
    assert not target.exists()
    fetch(remote, target, QUICK)
    assert target.read_bytes() == BODY


def test_a_server_without_ranges_restarts_the_download(remote, server, target):
    server.ranges = False
    server.plan = ["cut"]
    fetch(remote, target, QUICK)
    assert target.read_bytes() == BODY
    assert ranges(server) == [None, "bytes=512000-"]


def test_a_partial_file_of_another_version_is_deleted(remote, server, target):
    target.parent.mkdir()
    part_of(target).write_bytes(b"x" * 1000)
    fetch(remote, target, QUICK)
    assert target.read_bytes() == BODY
    assert ranges(server) == ["bytes=1000-", None]


def test_a_complete_partial_file_needs_no_download(remote, server, target):
    target.parent.mkdir()
    part_of(target).write_bytes(BODY)
    fetch(remote, target, QUICK)
    assert target.read_bytes() == BODY
    assert ranges(server) == [f"bytes={len(BODY)}-"]


def test_a_too_long_partial_file_is_deleted(remote, server, target):
    target.parent.mkdir()
    part_of(target).write_bytes(BODY + b"more")
    fetch(remote, target, QUICK)
    assert target.read_bytes() == BODY


def test_a_wrong_checksum_raises_and_leaves_no_file(remote, server, target):
    wrong = replace(remote, sha256="0" * 64)
    with pytest.raises(DownloadError) as caught:
        fetch(wrong, target, QUICK)
    text = str(caught.value)
    assert f"SHA-256 {'0' * 64} expected, {remote.sha256} found (1024000 bytes)" in text
    assert f"\nhint: put the file at {target} by hand (SHA-256 {'0' * 64})" in text
    assert "or set A_SET_URL to a URL that you can reach" in text
    assert names(target) == [".set.tar.gz.lock"]


def test_without_a_length_the_checksum_decides(remote, server, target):
    server.plan = ["unknown_length"]
    fetch(remote, target, QUICK)
    assert target.read_bytes() == BODY


def test_a_missing_file_raises_at_once(remote, server, target):
    server.plan = ["missing"]
    with pytest.raises(DownloadError, match="the server responded 404 Not Found"):
        fetch(remote, target, QUICK)
    assert len(server.requests) == 1


def test_a_busy_server_is_tried_again(remote, server, target):
    server.plan = ["busy", "busy"]
    fetch(remote, target, QUICK)
    assert target.read_bytes() == BODY
    assert len(server.requests) == 3


def test_a_server_that_stays_busy_raises(remote, server, target):
    server.plan = ["busy"] * 4
    with pytest.raises(DownloadError, match="503 Service Unavailable, 4 times"):
        fetch(remote, target, QUICK)


def test_a_server_without_response_raises_after_the_timeout(remote, server, target):
    server.plan = ["hang"] * 4
    with pytest.raises(DownloadError, match="the server does not respond, 4 times"):
        fetch(remote, target, RetryPolicy(timeout=0.2, pause=0.01))
    assert part_of(target).stat().st_size > 0


def test_no_network_raises_at_once(target):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    remote = RemoteFile("A set", f"http://127.0.0.1:{port}/set.tar.gz", "0" * 64, "A_SET_URL")
    with pytest.raises(DownloadError, match=r"cannot download A set from http://127.0.0.1:\d+/set"):
        fetch(remote, target, QUICK)


def test_a_login_page_raises_and_keeps_the_part(remote, server, target):
    target.parent.mkdir()
    part_of(target).write_bytes(BODY[:1000])
    server.plan = ["page"]
    with pytest.raises(
        DownloadError, match="a web page was received: a proxy or a login page responded"
    ):
        fetch(remote, target, QUICK)
    assert part_of(target).read_bytes() == BODY[:1000]


def test_a_proxy_from_the_environment_is_used(remote, server, target, monkeypatch):
    monkeypatch.delenv("no_proxy")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.port}")
    fetch(replace(remote, url="http://far.invalid/set.tar.gz"), target, QUICK)
    assert target.read_bytes() == BODY
    assert [path for path, _ in server.requests] == ["http://far.invalid/set.tar.gz"]


@pytest.mark.parametrize("behaviour", ["whole", "unknown_length"])
def test_too_many_bytes_raise(remote, server, target, behaviour):
    server.plan = [behaviour]
    with pytest.raises(DownloadError, match="than the file can have"):
        fetch(replace(remote, limit=500_000), target, QUICK)
    assert not target.exists()


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/set", "set.tar.gz", ""])
def test_other_schemes_than_http_raise(target, url):
    with pytest.raises(
        ArgumentError, match=re.escape(f"Received: {url!r}\nhint: if you have the file")
    ):
        fetch(RemoteFile("A set", url, "0" * 64, "A_SET_URL"), target, QUICK)


def test_a_redirection_to_a_file_is_not_followed(remote, server, target, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(BODY)

    class Handler(server.http.RequestHandlerClass):
        def do_GET(self):
            self.head(302, Location=secret.as_uri(), Content_Length=0)

    server.http.RequestHandlerClass = Handler
    with pytest.raises(DownloadError, match="302"):
        fetch(remote, target, QUICK)
    assert not target.exists()


def test_an_interrupt_keeps_the_partial_file(remote, target, monkeypatch):
    @contextmanager
    def stopping(title, total, done=0):
        def report(so_far):
            raise KeyboardInterrupt

        yield report

    with monkeypatch.context() as patch:
        patch.setattr(download, "show_progress", stopping)
        with pytest.raises(KeyboardInterrupt):
            fetch(remote, target, QUICK)
    kept = part_of(target).read_bytes()
    assert 0 < len(kept) < len(BODY)
    assert BODY.startswith(kept)
    fetch(remote, target, QUICK)
    assert target.read_bytes() == BODY


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_raises(remote, target, monkeypatch):
    target.parent.mkdir()
    part_of(target).symlink_to("/dev/full")
    with pytest.raises(FileError, match="the disk is full"):
        fetch(remote, target, QUICK)


def test_a_folder_that_cannot_be_created_raises(remote, tmp_path):
    (tmp_path / "sets").write_bytes(b"")
    with pytest.raises(FileError, match="sets is a file, not a folder"):
        fetch(remote, tmp_path / "sets" / "set.tar.gz", QUICK)


FETCH = """
import sys
from pathlib import Path
from scallion.datasets.downloading.download import RetryPolicy, RemoteFile, fetch
url, sha256, target = sys.argv[1:]
fetch(RemoteFile("A set", url, sha256, "A_SET_URL"), Path(target), RetryPolicy(5.0, 0.01))
"""


def test_one_of_two_processes_downloads_and_one_waits(remote, server, target):
    server.delay = 0.05  # 16 chunks: the download takes longer than the second process's start
    command = [sys.executable, "-c", FETCH, remote.url, remote.sha256, str(target)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    processes = [
        subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) for _ in range(2)
    ]
    errors = [process.communicate(timeout=60)[1].decode() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], errors
    assert target.read_bytes() == BODY
    assert len(server.requests) == 1


def test_without_file_locks_each_process_has_its_own_part(remote, server, target, monkeypatch):
    def unknown(file):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(download, "_try_lock", unknown)
    server.delay = 0.01
    threads = [threading.Thread(target=fetch, args=(remote, target, QUICK))]
    threads[0].start()
    threads[0].join()
    assert target.read_bytes() == BODY
    target.unlink()
    server.plan = ["missing"]
    part_of(target).write_bytes(b"another process is writing here")
    with pytest.raises(DownloadError, match="404"):
        fetch(remote, target, QUICK)
    assert part_of(target).read_bytes() == b"another process is writing here"


def test_a_log_gets_a_line_per_ten_percent(remote, server, target, capsys):
    fetch(remote, target, QUICK)
    lines = capsys.readouterr().err.splitlines()
    assert 5 <= len(lines) <= 10
    assert lines[-1] == "Downloading A set: 1.0 of 1.0 MB (100 %)"


def test_a_terminal_gets_a_bar(remote, target, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    fetch(remote, target, QUICK)
    assert "Downloading A set" in capsys.readouterr().err


def test_no_progress_without_standard_error(remote, target, monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    fetch(remote, target, QUICK)
    assert target.read_bytes() == BODY


@pytest.fixture
def untrusted(server, tmp_path):
    """Return the server with a self-signed certificate."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    command += " -addext subjectAltName=IP:127.0.0.1"
    files = ["-keyout", key, "-out", certificate]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.http.socket = context.wrap_socket(server.http.socket, server_side=True)
    return certificate


def test_an_untrusted_certificate_raises_with_a_hint(
    remote, server, target, untrusted, monkeypatch
):
    secure = replace(remote, url=remote.url.replace("http:", "https:"))
    with pytest.raises(DownloadError, match=r"certificate is not trusted .* set SSL_CERT_FILE"):
        fetch(secure, target, QUICK)
    assert server.requests == []
    monkeypatch.setenv("SSL_CERT_FILE", str(untrusted))
    fetch(secure, target, QUICK)
    assert target.read_bytes() == BODY


def test_an_unresolved_host_name_raises(remote, target, monkeypatch):
    def unresolved(*arguments, **keywords):
        raise URLError(socket.gaierror(-2, "Name or service not known"))

    monkeypatch.setattr(OpenerDirector, "open", unresolved)
    with pytest.raises(DownloadError, match="Name or service not known"):
        fetch(remote, target, QUICK)
