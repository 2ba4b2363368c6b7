"""Headless Firefox over its Marionette protocol: opens a page, gives it files, and looks at it."""

import base64
import json
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from browser import Browser

# The browser starts no request of its own.
PREFERENCES = """
user_pref("marionette.port", PORT);
user_pref("ui.systemUsesDarkTheme", DARK);
user_pref("app.update.disabledForTesting", true);
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.proxy.type", 1);
user_pref("network.proxy.http", "127.0.0.1");
user_pref("network.proxy.http_port", 9);
user_pref("network.proxy.ssl", "127.0.0.1");
user_pref("network.proxy.ssl_port", 9);
"""
OPTIONS = ("--headless", "--marionette", "--no-remote")


class Firefox(Browser):
    """One window of a browser with a profile of its own, which can reach nothing."""

    def __init__(self, size: tuple[int, int] = (1000, 900), dark: bool = False) -> None:
        super().__init__()
        port = _free_port()
        preferences = PREFERENCES.replace("PORT", str(port)).replace("DARK", str(int(dark)))
        (Path(self.profile.name) / "user.js").write_text(preferences)
        self._process = subprocess.Popen(
            ["firefox-esr", *OPTIONS, "--profile", self.profile.name],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"HOME": self.profile.name, "PATH": "/usr/bin:/bin"},
        )
        self._number = 0
        self._socket = _connect(port)
        self._file = self._socket.makefile("rwb")
        self._read()  # the greeting
        self.call("WebDriver:NewSession")
        self.call("WebDriver:SetWindowRect", width=size[0], height=size[1])

    def call(self, command: str, **arguments: Any) -> Any:
        """Call a command and return its value."""
        self._number += 1
        message = json.dumps([0, self._number, command, arguments])
        self._file.write(f"{len(message)}:{message}".encode())
        self._file.flush()
        _, _, error, result = self._read()
        assert error is None, error
        return result["value"] if isinstance(result, dict) and "value" in result else result

    def _read(self) -> Any:
        digits = b""
        while (digit := self._file.read(1)) != b":":
            assert digit, "the browser has gone"
            digits += digit
        return json.loads(self._file.read(int(digits)))

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression over the document."""
        return self.call("WebDriver:ExecuteScript", script=f"return {expression}", args=[])

    def open(self, path: Path) -> None:
        """Open a file."""
        self.call("WebDriver:Navigate", url=path.as_uri())

    def give_files(self, selector: str, paths: Sequence[Path]) -> None:
        """Choose files in an input element."""
        found = self.call("WebDriver:FindElement", using="css selector", value=selector)
        text = "\n".join(str(path) for path in paths)
        self.call("WebDriver:ElementSendKeys", id=next(iter(found.values())), text=text)

    def screenshot(self) -> bytes:
        """Return the whole page as a PNG."""
        return base64.b64decode(self.call("WebDriver:TakeScreenshot", full=True))

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._socket.close()
        super().__exit__()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _connect(port: int) -> socket.socket:
    deadline = time.monotonic() + 60
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=60)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
