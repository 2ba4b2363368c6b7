"""The server of the page: a socket on 127.0.0.1, uvicorn, and the browser."""

import errno
import html
import os
import socket
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

import uvicorn

from scallion.errors import ArgumentError, FileError
from scallion.interrupt_handler import InterruptHandler
from scallion.workbench.access import HOST, Access
from scallion.workbench.application import build_application
from scallion.workbench.request_log import RequestLog, state_folder
from scallion.workbench.workbench import Workbench

_FIRST_PORT, _PORTS = 8787, 20
_SHUTDOWN_SECONDS = 1
_OPENER = """<!doctype html>
<meta charset="utf-8"><meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={address}">
<title>Scallion</title><p><a href="{address}">Open the workbench</a></p>
"""


def open_socket(port: int | None = None) -> socket.socket:
    """Return a socket that listens on 127.0.0.1: on `port`, or on the first that is free.

    No other address is offered: who can reach the page can read your images and start trainings.
    Raises ArgumentError for a port that is taken or not allowed.
    """
    ports = range(_FIRST_PORT, _FIRST_PORT + _PORTS) if port is None else (port,)
    for number in (*ports, *((0,) if port is None else ())):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if os.name == "posix":  # elsewhere it would let two servers share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, number))
            listener.listen(128)
        except (OSError, OverflowError) as error:
            listener.close()
            if port is not None:
                raise _port_error(port, error) from error
            continue
        return listener
    raise ArgumentError("no port of 127.0.0.1 can be used", hint="is a firewall in the way?")


def serve(
    root: Path,
    listener: socket.socket,
    *,
    on_start: Callable[[Access], None] | None = None,
    open_browser: bool = True,
) -> None:
    """Serve the page for a folder until Ctrl-C; trainings go on after that.

    `on_start` is called with the address before the first request is answered.
    """
    access = Access(listener.getsockname()[1])
    folder = state_folder()
    workbench = Workbench(root)
    server = make_server(build_application(workbench, access, RequestLog(folder)))
    if on_start is not None:
        on_start(access)
    opener = folder / f"open-{access.port}.html"
    try:
        with _CtrlC(server):
            if open_browser:
                _open_browser(access, opener)
            server.run(sockets=[listener])
    finally:
        workbench.close()
        listener.close()
        with suppress(OSError):
            opener.unlink(missing_ok=True)


class _CtrlC(InterruptHandler):
    """Let Ctrl-C end a server, from before it runs: an import can lose a KeyboardInterrupt."""

    def __init__(self, server: uvicorn.Server) -> None:
        self._server = server

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._server.should_exit = True


def make_server(application: object) -> uvicorn.Server:
    """Return the server of an application; it trusts no proxy, and knows no WebSockets."""
    config = uvicorn.Config(
        application,  # type: ignore[arg-type]  # an ASGI application, by our own types
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=200,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    return uvicorn.Server(config)


def _open_browser(access: Access, path: Path) -> None:
    """Open the page by a file that only the user can read.

    In the browser's command line, every user of the machine could read the token.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(_OPENER.format(address=html.escape(access.address)))
    except OSError:
        return  # the address is printed, too
    with suppress(webbrowser.Error):
        webbrowser.open(path.absolute().as_uri())


def _port_error(port: int, error: Exception) -> ArgumentError | FileError:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return ArgumentError(
            f"port {port} is used by another program",
            hint="leave out --port, or choose another: --port 8800",
            field="port",
        )
    return ArgumentError(
        f"port {port} cannot be used: {error}", hint="choose one above 1023", field="port"
    )
