"""The application: the routes of the API and of the page, behind the guard."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scallion.workbench.access import Access
from scallion.workbench.api import api_routes
from scallion.workbench.guard import Application, Guard
from scallion.workbench.page_files import PageFile, content_policy, read_page_files
from scallion.workbench.request_log import RequestLog
from scallion.workbench.workbench import Workbench

_SHELL = "index.html"

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), usb=(), serial=()",
}


def build_application(workbench: Workbench, access: Access, log: RequestLog) -> Application:
    """Return the ASGI application: every request passes the guard first."""
    page_files = read_page_files()

    async def page_file(request: Request) -> Response:
        known = page_files.get(request.path_params.get("name", _SHELL))
        if known is None or (known is page_files[_SHELL] and "name" in request.path_params):
            return Response("there is no such file\n", 404, media_type="text/plain")
        return _file_response(request, known)

    inner = Starlette(
        routes=[
            Route("/", page_file, methods=["GET"]),
            Route("/page/{name:path}", page_file, methods=["GET"]),
            *api_routes(workbench, access),
        ]
    )
    policy = content_policy(page_files[_SHELL].content)
    return Guard(inner, access, log, {"Content-Security-Policy": policy, **_HEADERS})


def _file_response(request: Request, known: PageFile) -> Response:
    headers = {"ETag": known.tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == known.tag:
        return Response(status_code=304, headers=headers)
    return Response(known.content, headers=headers, media_type=known.media_type)
