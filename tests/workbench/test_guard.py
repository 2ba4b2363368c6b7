"""The guard without a server: connections that are no requests, and its log."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from scallion.workbench import Access
from scallion.workbench.guard import Guard
from scallion.workbench.request_log import RequestLog


def answers(scope: dict[str, Any], log: RequestLog) -> list[dict[str, Any]]:
    """Return what the guard sends for a connection; nothing may reach the application."""
    sent: list[dict[str, Any]] = []

    async def application(*_: Any) -> None:
        raise AssertionError("the application was reached")

    async def receive() -> dict[str, Any]:
        raise AssertionError("the body of a refused request was read")

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(Guard(application, Access(8787), log, {"X-Test": "1"})(scope, receive, send))
    return sent


@pytest.mark.parametrize("kind", ["websocket", "unknown"])
def test_other_connections_never_reach_the_application(tmp_path: Path, kind: str) -> None:
    log = RequestLog(tmp_path)
    sent = answers({"type": kind, "path": "/api/runs", "headers": []}, log)
    assert [message["type"] for message in sent] == ["websocket.close"] * (kind == "websocket")
    assert "not an HTTP request" in log.path.read_text()


def test_a_refusal_closes_the_connection_unread(tmp_path: Path) -> None:
    scope = {"type": "http", "method": "POST", "path": "/api/train", "headers": []}
    start, body = answers(scope, RequestLog(tmp_path))
    assert start["status"] == 403
    assert (b"connection", b"close") in start["headers"]
    assert (b"x-test", b"1") in start["headers"]
    assert b"host name" in body["body"]


def test_the_log_stays_small_and_forges_nothing(tmp_path: Path) -> None:
    log = RequestLog(tmp_path)
    log.path.write_bytes(b"x" * ((1 << 20) + 1))
    log.write("GET\n", "/\x1b[2J\n2026 POST '/' 200", 404)
    (line,) = log.path.read_text().splitlines()
    assert line.endswith(" 404")
    assert r"\x1b[2J\n2026" in line
    assert (tmp_path / "workbench.old.log").stat().st_size == (1 << 20) + 1


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    log = RequestLog(tmp_path / "file")
    log.write("GET", "/", 200)
    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    assert answers(scope, log)[0]["status"] == 403
