"""Who may talk to the server: its address, the token of this start, and the cookie for it."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from hmac import compare_digest

HOST = "127.0.0.1"
CHANGE_HEADER = b"x-scallion"  # a header that no form and no simple request can send

_BYTES = 32  # 256 bits
_HTTP_PORT = 80


@dataclass(frozen=True, slots=True)
class Access:
    """The secrets of one start of the server on a port.

    The token is in the printed address and is exchanged for the cookie, another secret. Both are
    new at each start, so cookies of an earlier server are refused.
    """

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(_BYTES), repr=False)
    _cookie: str = field(default_factory=lambda: secrets.token_urlsafe(_BYTES), repr=False)

    @property
    def origin(self) -> str:
        """The address without a path."""
        return f"http://{HOST}:{self.port}"

    @property
    def address(self) -> str:
        """The address to open. A fragment is never sent, so the token is in no log."""
        return f"{self.origin}/#token={self.token}"

    @property
    def hosts(self) -> frozenset[bytes]:
        """Every value of the header Host that is served; others come from a rebound name."""
        names = (HOST, "localhost")
        short = names if self.port == _HTTP_PORT else ()
        return frozenset(text.encode() for text in (*short, *(f"{n}:{self.port}" for n in names)))

    @property
    def cookie_name(self) -> str:
        """The name of the cookie: cookies are shared by all ports of a host."""
        return f"scallion-{self.port}"

    @property
    def set_cookie(self) -> str:
        """The header that sets the cookie: no script can read it, no other site can send it."""
        return f"{self.cookie_name}={self._cookie}; Path=/; HttpOnly; SameSite=Strict"

    def is_token(self, given: object) -> bool:
        """Return whether this is the token, in constant time."""
        return isinstance(given, str) and _equal(given.encode(), self.token)

    def has_cookie(self, headers: Iterable[bytes]) -> bool:
        """Return whether the values of the header Cookie hold the cookie of this start."""
        wanted = self.cookie_name.encode()
        for header in headers:
            for pair in header.split(b";"):
                name, _, value = pair.strip().partition(b"=")
                if name == wanted and _equal(value, self._cookie):
                    return True
        return False


def _equal(given: bytes, secret: str) -> bool:
    return compare_digest(given, secret.encode())
