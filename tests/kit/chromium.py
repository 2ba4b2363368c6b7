"""Headless Chromium over its debugging pipe: opens a page, gives it files, and listens."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from browser import Browser

OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--remote-debugging-pipe", "about:blank",
)  # fmt: skip


class Chromium(Browser):
    """One page of a browser with a profile of its own. `events` is all that it reported."""

    def __init__(
        self,
        size: tuple[int, int] = (1000, 900),
        dark: bool = False,
        options: tuple[str, ...] = (),
    ) -> None:
        super().__init__()
        to_read, self._to = os.pipe()
        self._from, to_write = os.pipe()

        def connect() -> None:
            reading, writing = os.dup(to_read), os.dup(to_write)  # they may be 3 and 4 themselves
            os.dup2(reading, 3)
            os.dup2(writing, 4)

        self._process = subprocess.Popen(
            ["chromium", f"--user-data-dir={self.profile.name}", *options, *OPTIONS],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            close_fds=False,
            preexec_fn=connect,
        )
        os.close(to_read)
        os.close(to_write)
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Runtime", "Log", "Network", "Page", "DOM"):
            self.call(f"{domain}.enable")
        width, height = size
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Call a method of the DevTools protocol."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": arguments}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            data = os.read(self._from, 1 << 20)
            assert data, "the browser has gone"
            self._buffer += data
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return found["result"].get("value")

    def open(self, path: Path) -> None:
        """Open a file."""
        self.call("Page.navigate", url=path.as_uri())

    def give_files(self, selector: str, paths: Sequence[Path]) -> None:
        """Choose files in an input element."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=[str(path) for path in paths])

    def click(self, kind: str, x: float, y: float) -> None:
        """Press, move or release the left mouse button."""
        self.call(
            "Input.dispatchMouseEvent", type=kind, x=x, y=y,
            button="left", buttons=int(kind != "mouseReleased"), clickCount=1,
        )  # fmt: skip

    def problems(self) -> list[str]:
        """Return errors and warnings of the console, and requests that are not of the page."""
        found: list[str] = []
        for event in self.events:
            kind, what = event.get("method"), event.get("params", {})
            is_complaint = what.get("type") in ("error", "warning")
            if kind in ("Log.entryAdded", "Runtime.exceptionThrown") or (
                kind == "Runtime.consoleAPICalled" and is_complaint
            ):
                found.append(json.dumps(what))
            elif kind == "Network.requestWillBeSent":
                url = what["request"]["url"]
                if not url.startswith(("file:", "about:", "blob:", "data:")):
                    found.append(url)
        return found

    def screenshot(self) -> str:
        """Return the whole page as a PNG, in base64."""
        return self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
