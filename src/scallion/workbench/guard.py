"""The guard before every request: pure ASGI, so that nothing reaches the application around it."""

import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from scallion.workbench.access import CHANGE_HEADER, Access
from scallion.workbench.request_log import RequestLog

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

SESSION_PATH = "/api/session"  # where the token is exchanged for the cookie

_READING = frozenset({"GET"})
_CHANGING = frozenset({"POST", "PUT", "DELETE"})
_TYPES = (b"application/json", b"application/octet-stream")  # neither is a form's
_READERS = (b"same-origin", b"none")  # `none`: typed into the address bar

_REFUSED_HINT = "open the page at the address that `scallion ui` prints"


@dataclass(frozen=True, slots=True)
class RequestRefusal:
    """Why a request is refused."""

    status: int
    reason: str
    hint: str = _REFUSED_HINT


class Guard:
    """Refuses every request that does not come from the page itself.

    It checks, in this order: the kind of connection, Host, the method, where the request comes
    from, and the cookie. Nothing under `/api/` is answered without the cookie, except the exchange
    of the token. No header allows another origin anything. Each response gets `headers`, each
    request a line in the log.
    """

    def __init__(
        self,
        application: Application,
        access: Access,
        log: RequestLog,
        headers: Mapping[str, str],
    ) -> None:
        self._application = application
        self._access = access
        self._log = log
        self._headers = [(name.lower().encode(), text.encode()) for name, text in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        kind = scope["type"]
        if kind == "lifespan":
            await self._application(scope, receive, send)
            return
        if kind != "http":
            self._log.write(kind, scope.get("path", ""), 403, "not an HTTP request")
            if kind == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            return
        refusal = find_refusal(scope, self._access)
        if refusal is not None:
            self._log.write(scope["method"], scope["path"], refusal.status, refusal.reason)
            await self._refuse(refusal, send)
            return
        await self._application(scope, receive, self._with_headers(scope, send))

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        """Return `send` with our headers in the response, which is logged."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                own = {name for name, _ in given}
                message["headers"] = given + [h for h in self._headers if h[0] not in own]
                self._log.write(scope["method"], scope["path"], message["status"])
            await send(message)

        return send_with_headers

    async def _refuse(self, refusal: RequestRefusal, send: Send) -> None:
        body = json.dumps({"error": refusal.reason, "hint": refusal.hint}).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),  # a body that was not read must not become a request
            *self._headers,
        ]
        start = {"type": "http.response.start", "status": refusal.status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": body})


def find_refusal(scope: Scope, access: Access) -> RequestRefusal | None:
    """Return why a request is refused, None if it is answered."""
    headers: defaultdict[bytes, list[bytes]] = defaultdict(list)
    for name, value in scope["headers"]:
        headers[name.lower()].append(value)
    method, path = scope["method"], scope["path"]
    if len(headers[b"host"]) != 1 or headers[b"host"][0].lower() not in access.hosts:
        return RequestRefusal(403, "this host name is not served")
    if method not in _READING | _CHANGING:
        return RequestRefusal(
            405, f"the method {method[:20]!r} is not served", "use GET, POST or DELETE"
        )
    if any(ord(letter) < 32 or letter in "\\\x7f" for letter in path) or ".." in path:
        return RequestRefusal(400, "the path has characters that no address of this server has")
    if method in _CHANGING:
        refusal = _foreign_change(headers, access)
    else:
        refusal = _foreign_reading(headers, path)
    if refusal is not None:
        return refusal
    needs_cookie = path.startswith("/api") and (method, path) != ("POST", SESSION_PATH)
    if needs_cookie and not access.has_cookie(headers[b"cookie"]):
        return RequestRefusal(401, "this page is not signed in, or the server was started again")
    return None


def _foreign_change(headers: Mapping[bytes, list[bytes]], access: Access) -> RequestRefusal | None:
    """Return why a request that changes something cannot have come from our page."""
    if len(headers[b"origin"]) != 1 or not _is_own_origin(headers[b"origin"][0], access):
        return RequestRefusal(403, "a change must come from the page itself: wrong Origin")
    if headers[b"sec-fetch-site"] != [b"same-origin"]:
        return RequestRefusal(403, "a change must come from the page itself: wrong Sec-Fetch-Site")
    if headers[CHANGE_HEADER] != [b"1"]:
        return RequestRefusal(403, "a change needs the header X-Scallion: 1")
    kinds = [value.partition(b";")[0].strip().lower() for value in headers[b"content-type"]]
    if len(kinds) != 1 or kinds[0] not in _TYPES:
        return RequestRefusal(415, "a change needs the content type application/json")
    return None


def _foreign_reading(headers: Mapping[bytes, list[bytes]], path: str) -> RequestRefusal | None:
    """Return why a request that reads something comes from another page.

    The empty shell may be opened by a link from anywhere, such as the terminal's.
    """
    if path == "/":
        return None
    origins = headers[b"sec-fetch-site"]
    if origins and (len(origins) != 1 or origins[0] not in _READERS):
        return RequestRefusal(403, "another page asked for this: wrong Sec-Fetch-Site")
    return None


def _is_own_origin(origin: bytes, access: Access) -> bool:
    scheme, _, host = origin.partition(b"://")
    return scheme == b"http" and host.lower() in access.hosts
