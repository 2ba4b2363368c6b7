"""A hostile client: other pages, other names for this machine, other programs. All are refused."""

import itertools

import pytest

from scallion.workbench.access import Access
from workbench_server import Client

READINGS = [
    "/api/workbench",
    "/api/data",
    "/api/data/set-mnist/examples",
    "/api/runs",
    "/api/runs/mnist-1",
    "/api/runs/mnist-1/events",
    "/api/runs/mnist-1/mistakes",
    "/api/runs/mnist-1/mistakes/0",
    "/api/runs/mnist-1/report",
    "/api/runs/mnist-1/export/html",
    "/api/jobs",
    "/api/jobs/job-1",
]
CHANGES = [
    ("POST", "/api/session"),
    ("POST", "/api/train"),
    ("POST", "/api/forecast"),
    ("POST", "/api/runs/mnist-1/stop"),
    ("POST", "/api/runs/mnist-1/resume"),
    ("POST", "/api/runs/mnist-1/evaluate"),
    ("POST", "/api/runs/mnist-1/classify"),
    ("POST", "/api/runs/mnist-1/explain/0"),
    ("POST", "/api/runs/mnist-1/report"),
    ("POST", "/api/runs/mnist-1/export"),
    ("POST", "/api/compare"),
    ("PUT", "/api/runs/mnist-1/notes"),
    ("DELETE", "/api/runs/mnist-1"),
    ("POST", "/api/jobs/job-1/cancel"),
]
PAGES = ["/", "/page/app/main.js"]
ALL = [*(("GET", path) for path in [*PAGES, *READINGS]), *CHANGES]

HOSTS = [
    None,
    "",
    "evil.example",
    "127.0.0.1",
    "127.0.0.1:1",
    "127.0.0.1.evil.example:{port}",
    "localhost.evil.example:{port}",
    "[::1]:{port}",
    "0.0.0.0:{port}",
    "127.1:{port}",
    "2130706433:{port}",
    "127.0.0.1:{port}@evil.example",
    "evil.example, 127.0.0.1:{port}",
]
CHANGE_HEADERS: list[dict[str, str | None]] = [
    {"Origin": None},
    {"Origin": "null"},
    {"Origin": "http://evil.example"},
    {"Origin": "https://127.0.0.1:{port}"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "http://127.0.0.1:{port}.evil.example"},
    {"Origin": "http://127.0.0.1:{port}/"},
    {"Sec-Fetch-Site": None},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"X-Scallion": None},
    {"X-Scallion": "0"},
    {"Content-Type": None},
    {"Content-Type": "text/plain"},
    {"Content-Type": "application/x-www-form-urlencoded"},
    {"Content-Type": "multipart/form-data; boundary=application/json"},
]
COOKIES = [
    None,
    "",
    "{name}",
    "{name}=",
    "{name}=x",
    "{name}={token}",
    "scallion={cookie}",
    "other={cookie}",
    "{name}={cookie}x",
]
WEBSOCKET = b"""GET /api/runs HTTP/1.1\r
Host: {host}\r
Upgrade: websocket\r
Connection: Upgrade\r
Sec-WebSocket-Version: 13\r
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
\r
"""


def filled(text: str | None, client: Client) -> str | None:
    """Return a header with this server's port, token and cookie."""
    name, _, value = client.cookie.partition("=")
    token, port = client.access.token, client.access.port
    return text and text.format(port=port, name=name, cookie=value, token=token)


@pytest.mark.parametrize("host", HOSTS)
def test_other_host_names_are_refused_everywhere(client: Client, host: str | None) -> None:
    for method, path in ALL:
        answer = client.request(method, path, headers={"Host": filled(host, client)})
        assert answer.status in (400, 403), (method, path)


@pytest.mark.parametrize("headers", CHANGE_HEADERS, ids=str)
def test_changes_from_elsewhere_are_refused(client: Client, headers: dict[str, str | None]) -> None:
    sent = {name: filled(value, client) for name, value in headers.items()}
    for method, path in CHANGES:
        assert client.request(method, path, headers=sent).status in (403, 415), (method, path)


@pytest.mark.parametrize("cookie", COOKIES)
def test_nothing_is_answered_without_the_cookie(client: Client, cookie: str | None) -> None:
    headers = {"Cookie": filled(cookie, client)}
    requests = [*itertools.product(["GET"], READINGS), *CHANGES[1:]]
    for method, path in requests:
        answer = client.request(method, path, headers=headers)
        assert answer.status == 401, (method, path)
        assert "scallion ui" in answer.json()["hint"]


@pytest.mark.parametrize("site", ["cross-site", "same-site", "evil", ""])
def test_reading_from_another_page_is_refused(client: Client, site: str) -> None:
    for path in [*READINGS, "/page/app/main.js"]:
        assert client.request("GET", path, headers={"Sec-Fetch-Site": site}).status == 403


@pytest.mark.parametrize(
    "method", ["HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get", "PROPFIND"]
)
def test_other_methods_are_refused(client: Client, method: str) -> None:
    for path in ("/", "/api/runs", "/api/train"):
        answer = client.request(method, path, headers={"Access-Control-Request-Method": "POST"})
        assert answer.status in (400, 405)
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    "run",
    [
        "..",
        ".",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e",
        "..%5c..%5cwindows",
        "%5c%5cserver%5cshare",
        "C:%5cwindows",
        "c%3a",
        "/etc/passwd",
        "%00",
        "stripes.npz",
        "a%0d%0aSet-Cookie:x=1",
        "%ff%fe",
        "x" * 5000,
    ],
)
def test_ids_are_never_paths(client: Client, run: str) -> None:
    paths = ("{}", "{}/events", "{}/report", "{}/mistakes/0", "{}/../mnist-1")
    for path in paths:
        answer = client.request("GET", "/api/runs/" + path.format(run))
        assert answer.status in (400, 404), path
        assert b"root:" not in answer.body
    assert client.request("DELETE", f"/api/runs/{run}").status in (400, 404, 405)
    for name in (f"/page/{run}", f"/page/app/{run}", f"/page/../{run}"):
        assert client.request("GET", name).status in (400, 404)


@pytest.mark.parametrize(
    "data", ["", "..", "/etc", "stripes.npz", "set-../x", "mnist", "own-0", "\0", "x" * 201, 3]
)
def test_data_are_named_by_ids_only(client: Client, data: object) -> None:
    for path in ("/api/train", "/api/forecast"):
        assert client.request("POST", path, {"data": data}).status in (404, 422)
    assert client.get("/api/jobs") == {"jobs": []}


@pytest.mark.parametrize(
    "more",
    [
        {"out": "/tmp"},
        {"engine": "native"},
        {"overrides": {"optimizer": "x"}},
        {"minutes": -1},
        {"minutes": 1e9},
        {"epochs": "3"},
        {"epochs": -1},
        {"batch_size": 0},
        {"fit": "x"},
        {"seed": 2**40},
        {"minutes": 1, "epochs": 1},
    ],
    ids=str,
)
def test_settings_of_requests_have_types_and_limits(
    client: Client, more: dict[str, object]
) -> None:
    answer = client.request("POST", "/api/train", {"data": "set-mnist", **more})
    assert answer.status == 422
    assert answer.json()["hint"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_damaged_bodies_are_refused(client: Client, body: bytes) -> None:
    for path in ("/api/train", "/api/session", "/api/forecast"):
        assert client.request("POST", path, body).status == 422


def test_large_bodies_are_refused(client: Client) -> None:
    assert client.request("POST", "/api/train", b" " * (1 << 18)).status == 413


def test_a_wrong_token_gets_no_cookie(client: Client) -> None:
    wrong = ["", "x", client.access.token[:-1], client.access.token + "x", Access(1).token, None]
    for token in wrong:
        answer = client.request("POST", "/api/session", {"token": token}, {"Cookie": None})
        assert answer.status in (401, 422)
        assert "Set-Cookie" not in answer.headers


def test_the_token_gets_a_cookie_that_no_script_reads(client: Client) -> None:
    body = {"token": client.access.token}
    answer = client.request("POST", "/api/session", body, {"Cookie": None})
    assert answer.headers["Set-Cookie"].endswith("; Path=/; HttpOnly; SameSite=Strict")
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    assert cookie.startswith(f"scallion-{client.access.port}=")
    assert client.access.token not in cookie
    headers = {"Cookie": f"a=b; {cookie}; c=d"}
    assert client.request("GET", "/api/runs", headers=headers).status == 200


def test_cookies_of_an_earlier_start_are_refused(client: Client) -> None:
    earlier = Access(client.access.port)
    headers: dict[str, str | None] = {"Cookie": earlier.set_cookie.partition(";")[0]}
    assert client.request("GET", "/api/runs", headers=headers).status == 401


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET /api/runs HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\n\r\n",
        b"GET http://evil.example/api/runs HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET /api/runs HTTP/1.1\r\nHost: {host}\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"POST /api/train HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: c\r\n\r\n",
        WEBSOCKET,
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"\0" * 1000,
    ],
    ids=range(9),
)
def test_requests_below_http_are_refused(client: Client, sent: bytes) -> None:
    host = f"127.0.0.1:{client.access.port}".encode()
    answer = client.raw(sent.replace(b"{host}", host))
    status = answer.partition(b" ")[2][:3]
    assert status in (b"", b"400", b"401", b"403", b"431")
    assert client.request("GET", "/").status == 200


def test_every_response_has_the_security_headers(client: Client) -> None:
    answers = [client.request(method, path) for method, path in ALL if "events" not in path]
    answers.append(client.request("GET", "/", headers={"Host": "evil.example"}))
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert "Server" not in answer.headers


def test_the_log_names_refusals_and_no_secrets(client: Client) -> None:
    client.request("GET", "/api/runs?token=secret", headers={"Host": "evil.example"})
    client.request("GET", "/api/runs/%0aforged")
    text = client.log.read_text()
    assert "GET '/api/runs' 403 this host name is not served" in text
    assert "\nforged" not in text
    for secret in (client.access.token, client.cookie.partition("=")[2], "secret"):
        assert secret not in text
    assert client.log.stat().st_mode & 0o077 == 0
