"""What every browser of the tests does: wait for a page, and end with its `with` block."""

import subprocess
import tempfile
import time
from typing import Any, Self


class Browser:
    """A browser with a profile of its own."""

    _process: subprocess.Popen[bytes]

    def __init__(self) -> None:
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression."""
        raise NotImplementedError

    def wait_for(self, expression: str, seconds: float = 60) -> Any:
        """Return the value of an expression as soon as it is true."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if value := self.evaluate(expression):
                return value
            time.sleep(0.05)
        raise TimeoutError(f"{expression}: {self.evaluate('document.body.innerText')}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        self.profile.cleanup()
