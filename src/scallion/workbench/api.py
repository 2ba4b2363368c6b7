"""The JSON API under `/api/`: it only reads requests and calls the workbench."""

import functools
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from scallion import files
from scallion.errors import JobError, MissingFileError, ScallionError, StateError
from scallion.workbench.access import Access
from scallion.workbench.event_stream import stream_events
from scallion.workbench.guard import SESSION_PATH
from scallion.workbench.requests import (
    CompareBody,
    ExportBody,
    NotesBody,
    TokenBody,
    TrainRequest,
    parse_body,
)
from scallion.workbench.workbench import Workbench

_log = logging.getLogger(__name__)

MAX_JSON = 1 << 17  # bytes of a request
MAX_IMAGE = 1 << 24  # bytes of an image

# A report is a page of its own, and its run folder may come from someone else: it may run nothing.
_REPORT_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
)

Endpoint = Callable[[Request], Awaitable[Response]]


class _BodySizeError(Exception):
    """A body has more bytes than its address takes."""


def api_routes(workbench: Workbench, access: Access) -> list[Route]:
    """Return the routes of the API."""
    api = _Api(workbench, access)
    run = "/api/runs/{run}"
    table: list[tuple[str, str, Endpoint]] = [
        ("POST", SESSION_PATH, api.sign_in),
        ("GET", "/api/workbench", api.describe),
        ("GET", "/api/data", api.list_data),
        ("GET", "/api/data/{data}/examples", api.examples),
        ("GET", "/api/runs", api.list_runs),
        ("GET", run, api.describe_run),
        ("DELETE", run, api.delete_run),
        ("GET", f"{run}/events", api.events),
        ("POST", f"{run}/stop", api.stop),
        ("POST", f"{run}/resume", api.resume),
        ("PUT", f"{run}/notes", api.write_notes),
        ("POST", f"{run}/evaluate", api.evaluate),
        ("GET", f"{run}/mistakes", api.list_mistakes),
        ("GET", f"{run}/mistakes/{{number:int}}", api.mistake_image),
        ("POST", f"{run}/classify", api.classify),
        ("POST", f"{run}/explain/{{label:int}}", api.explain),
        ("POST", f"{run}/report", api.write_report),
        ("GET", f"{run}/report", api.read_report),
        ("POST", f"{run}/export", api.export),
        ("GET", f"{run}/export/{{kind}}", api.read_export),
        ("POST", "/api/compare", api.compare),
        ("POST", "/api/forecast", api.forecast),
        ("POST", "/api/train", api.train),
        ("GET", "/api/jobs", api.list_jobs),
        ("GET", "/api/jobs/{job}", api.describe_job),
        ("POST", "/api/jobs/{job}/cancel", api.cancel_job),
    ]
    return [Route(path, _guarded(call), methods=[method]) for method, path, call in table]


class _Api:
    """One method per route."""

    def __init__(self, workbench: Workbench, access: Access) -> None:
        self._workbench = workbench
        self._access = access

    async def sign_in(self, request: Request) -> Response:
        given = parse_body(await _read(request, MAX_JSON), TokenBody)
        if not self._access.is_token(given.token):
            hint = "open the address that `scallion ui` has printed last"
            return _json({"error": "this is not the token of this server", "hint": hint}, 401)
        response = _json({"signed_in": True})
        response.headers["Set-Cookie"] = self._access.set_cookie
        return response

    async def describe(self, request: Request) -> Response:
        return _json(self._workbench.describe())

    async def list_data(self, request: Request) -> Response:
        entries = await run_in_threadpool(self._workbench.data.entries)
        return _json({"data": [entry.as_dict() for entry in entries]})

    async def list_runs(self, request: Request) -> Response:
        return _json({"runs": await run_in_threadpool(self._workbench.runs.summaries)})

    async def describe_run(self, request: Request) -> Response:
        return _json(await run_in_threadpool(self._workbench.describe_run, _run(request)))

    async def delete_run(self, request: Request) -> Response:
        await run_in_threadpool(self._workbench.delete, _run(request))
        return _json({"deleted": _run(request)})

    async def events(self, request: Request) -> Response:
        folder = self._workbench.runs.find(_run(request))
        last = request.headers.get("last-event-id", "0")
        start = int(last) if last.isascii() and last.isdecimal() and len(last) < 16 else 0
        return StreamingResponse(
            stream_events(folder, start),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store"},
        )

    async def stop(self, request: Request) -> Response:
        self._workbench.stop(_run(request))
        return _json({"stopping": _run(request)}, 202)

    async def resume(self, request: Request) -> Response:
        return _json(await run_in_threadpool(self._workbench.resume, _run(request)), 202)

    async def write_notes(self, request: Request) -> Response:
        given = parse_body(await _read(request, MAX_JSON), NotesBody)
        return _json({"notes": self._workbench.write_notes(_run(request), given.text)})

    async def evaluate(self, request: Request) -> Response:
        return _json(await run_in_threadpool(self._workbench.evaluate, _run(request)))

    async def list_mistakes(self, request: Request) -> Response:
        return _json({"mistakes": self._workbench.mistakes(_run(request))})

    async def mistake_image(self, request: Request) -> Response:
        content = self._workbench.mistake_image(_run(request), request.path_params["number"])
        return Response(content, headers={"Cache-Control": "no-store"}, media_type="image/png")

    async def classify(self, request: Request) -> Response:
        image = await _read(request, MAX_IMAGE)
        return _json(await run_in_threadpool(self._workbench.classify, _run(request), image))

    async def explain(self, request: Request) -> Response:
        image = await _read(request, MAX_IMAGE)
        label = request.path_params["label"]
        return _json(await run_in_threadpool(self._workbench.explain, _run(request), image, label))

    async def examples(self, request: Request) -> Response:
        data = request.path_params["data"]
        return _json(await run_in_threadpool(self._workbench.examples, data))

    async def write_report(self, request: Request) -> Response:
        await run_in_threadpool(self._workbench.write_report, _run(request))
        return _json({"report": f"/api/runs/{_run(request)}/report"})

    async def read_report(self, request: Request) -> Response:
        content = await run_in_threadpool(self._workbench.read_report, _run(request))
        headers = {"Content-Security-Policy": _REPORT_POLICY, "Cache-Control": "no-store"}
        return Response(content, headers=headers, media_type="text/html; charset=utf-8")

    async def export(self, request: Request) -> Response:
        given = parse_body(await _read(request, MAX_JSON), ExportBody)
        return _json(await run_in_threadpool(self._workbench.export, _run(request), given.format))

    async def read_export(self, request: Request) -> Response:
        kind = request.path_params["kind"]
        name, content = await run_in_threadpool(self._workbench.read_export, _run(request), kind)
        # A page of a run folder that may come from someone else is saved, never shown from here.
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "Cache-Control": "no-store",
        }
        return Response(content, headers=headers, media_type="application/octet-stream")

    async def compare(self, request: Request) -> Response:
        given = parse_body(await _read(request, MAX_JSON), CompareBody)
        return _json(await run_in_threadpool(self._workbench.compare, given.runs))

    async def forecast(self, request: Request) -> Response:
        wanted = parse_body(await _read(request, MAX_JSON), TrainRequest)
        return _json(await run_in_threadpool(self._workbench.forecast, wanted))

    async def train(self, request: Request) -> Response:
        wanted = parse_body(await _read(request, MAX_JSON), TrainRequest)
        return _json(await run_in_threadpool(self._workbench.train, wanted), 202)

    async def list_jobs(self, request: Request) -> Response:
        return _json({"jobs": self._workbench.trainings.jobs()})

    async def describe_job(self, request: Request) -> Response:
        return _json(self._workbench.trainings.job(request.path_params["job"]))

    async def cancel_job(self, request: Request) -> Response:
        self._workbench.trainings.cancel(request.path_params["job"])
        return _json({"stopping": request.path_params["job"]}, 202)


def _guarded(call: Endpoint) -> Endpoint:
    """Return the endpoint with its errors as JSON: message, hint, and the field at fault."""

    @functools.wraps(call)
    async def endpoint(request: Request) -> Response:
        try:
            return await call(request)
        except ClientDisconnect:
            return Response(status_code=400)
        except _BodySizeError as error:
            return _json({"error": str(error), "hint": "send a smaller file"}, 413)
        except ScallionError as error:
            answer = {"error": error.message, "hint": error.hint, "field": error.field}
            return _json(answer, _status(error))
        except Exception as error:
            _log.exception("a request failed")
            hint = "this is a bug in Scallion; please report it with what the terminal shows"
            return _json({"error": f"unexpected {type(error).__name__}", "hint": hint}, 500)

    return endpoint


def _status(error: ScallionError) -> int:
    if isinstance(error, MissingFileError):
        return 404
    return 409 if isinstance(error, StateError | JobError) else 422


async def _read(request: Request, most: int) -> bytes:
    """Return a body. Raises _BodySizeError before more than `most` bytes are read."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise _BodySizeError(f"a request here has at most {most:,} bytes")
        parts.append(part)
    return b"".join(parts)


def _run(request: Request) -> str:
    return request.path_params["run"]


def _json(value: Any, status: int = 200) -> Response:
    """Return a response of JSON; numbers that are not finite are null."""
    return Response(
        files.encode_json(value),
        status,
        headers={"Cache-Control": "no-store"},
        media_type="application/json",
    )
