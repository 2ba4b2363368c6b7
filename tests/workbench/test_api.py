"""The API on a small training: from the list of data to the deleted run."""

import base64
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from scallion import runs
from stripes import save_stripes
from workbench_server import Client, serving

TRAINING = {"epochs": 2, "batch_size": 16, "model": "quick"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, str]]:
    """A server on whose page one run was trained, and its id."""
    root = tmp_path_factory.mktemp("trained")
    save_stripes(root)
    with serving(root) as client:
        job = client.post("/api/train", {"data": own_data(client), **TRAINING})
        found = client.wait_for_job(job["id"])
        assert found["status"] == "done", found
        yield client, found["run"]


def own_data(client: Client) -> str:
    """Return the id of the folder's own data."""
    return client.get("/api/data")["data"][0]["id"]


def events_of(
    client: Client, run: str, last: str | None = None
) -> list[tuple[int, dict[str, Any]]]:
    """Return the events of a run that has ended, with their ids."""
    headers = {"Last-Event-ID": last} if last else {}
    body = client.request("GET", f"/api/runs/{run}/events", headers=headers).body.decode()
    found = []
    for message in body.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in message.splitlines() if ": " in line)
        if "id" in lines:
            found.append((int(lines["id"]), json.loads(lines["data"])))
    assert body.endswith("event: done\ndata: {}\n\n")
    return found


def test_own_data_come_before_named_sets(trained: tuple[Client, str]) -> None:
    client, _ = trained
    own, *sets = client.get("/api/data")["data"]
    assert (own["kind"], own["title"]) == ("arrays", "stripes.npz: arrays")
    assert [one["id"] for one in sets] == [
        "set-fashion-mnist", "set-mnist", "set-cifar10", "set-cifar100",
    ]  # fmt: skip
    assert sets[0]["available"]
    assert "scallion data get cifar10" in sets[2]["hint"]


def test_each_class_has_example_images(trained: tuple[Client, str], tmp_path: Path) -> None:
    client, _ = trained
    for data in (own_data(client), "set-mnist"):
        found = client.get(f"/api/data/{data}/examples")["classes"]
        assert len(found) in (3, 10)
        for _name, images in found:
            assert [Image.open(io.BytesIO(base64.b64decode(one))).format for one in images] == (
                ["PNG"] * 6
            )
    assert client.get("/api/data/set-cifar10/examples") == {"classes": []}
    assert client.request("GET", "/api/data/x/examples").status == 404


def test_a_folder_with_damaged_images_has_examples(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "0.png").write_bytes(b"damaged")
        Image.fromarray(np.zeros((9, 7), np.uint8)).save(tmp_path / name / "1.png")
    with serving(tmp_path) as client:
        found = client.get(f"/api/data/{own_data(client)}/examples")["classes"]
    assert [(name, len(images)) for name, images in found] == [("cat", 1), ("dog", 1)]


def test_a_data_set_that_must_be_downloaded_is_refused(trained: tuple[Client, str]) -> None:
    client, _ = trained
    answer = client.request("POST", "/api/train", {"data": "set-cifar10"})
    assert answer.status == 404
    assert "scallion data get cifar10" in answer.json()["hint"]


def test_a_run_is_listed_and_described(trained: tuple[Client, str]) -> None:
    client, run = trained
    (listed,) = client.get("/api/runs")["runs"]
    (known,) = runs.list_runs(client.workbench.runs.home)
    assert listed == {"id": run, **known.as_dict(), "notes": ""}
    found = client.get(f"/api/runs/{run}")
    assert found["status"] == "finished"
    assert found["history"]["epoch"] == [1, 2]
    assert found["command"].startswith("scallion train ")
    assert found["class_names"] == found["config"]["data"]["class_names"]
    assert found["files"] == {"model": True, "report": False, "mistakes": 0}
    assert all(finding["sentence"] for finding in found["findings"])


def test_events_are_replayed_from_any_place(trained: tuple[Client, str]) -> None:
    client, run = trained
    found = events_of(client, run)
    kinds = [event["event"] for _, event in found]
    assert kinds[0] == "start"
    assert kinds[-1] == "end"
    assert kinds.count("epoch") == 2
    place = found[2][0]
    assert events_of(client, run, str(place)) == found[3:]
    for damaged in ("x", "-1", "9" * 30, "²"):
        assert len(events_of(client, run, damaged)) == len(found)


def test_a_forecast_names_time_and_command(trained: tuple[Client, str]) -> None:
    client, _ = trained
    wanted = {"data": own_data(client), "model": "quick", "minutes": 0.1}
    found = client.post("/api/forecast", wanted)
    assert 0 < found["seconds"] < 60
    assert found["images"]["train"] == 108
    assert "stripes.npz --model quick" in found["command"]
    assert found["command"].endswith(" --minutes 0.1")
    refused = client.request("POST", "/api/forecast", {**wanted, "model": "quik"})
    assert refused.status == 422
    assert "quick" in refused.json()["hint"]


def test_evaluation_keeps_scores_and_mistakes(trained: tuple[Client, str]) -> None:
    client, run = trained
    found = client.post(f"/api/runs/{run}/evaluate")
    scores = found["evaluation"]["validation"]["scores"]
    total = found["evaluation"]["validation"]["total"]
    assert np.sum(scores["confusion"]) == total
    mistakes = client.get(f"/api/runs/{run}/mistakes")["mistakes"]
    assert len(mistakes) == found["files"]["mistakes"]
    assert len(mistakes) == total - np.trace(scores["confusion"])
    assert client.request("GET", f"/api/runs/{run}/mistakes/99").status == 404
    for number in range(len(mistakes)):
        answer = client.request("GET", f"/api/runs/{run}/mistakes/{number}")
        assert answer.headers["Content-Type"] == "image/png"
        assert Image.open(io.BytesIO(answer.body)).format == "PNG"


def test_an_image_is_classified(trained: tuple[Client, str]) -> None:
    client, run = trained
    file = io.BytesIO()
    Image.fromarray(np.full((40, 60, 3), 90, np.uint8)).save(file, "JPEG")
    headers = {"Content-Type": "application/octet-stream"}
    path = f"/api/runs/{run}/classify"
    answer = client.request("POST", path, file.getvalue(), headers)
    found = answer.json()
    assert answer.status == 200
    assert sum(one["probability"] for one in found["classes"]) == pytest.approx(1)
    assert found["seen"]
    label = found["classes"][0]["label"]
    assert client.get(f"/api/runs/{run}")["class_names"][label] == found["classes"][0]["name"]
    heat = client.request("POST", f"/api/runs/{run}/explain/{label}", file.getvalue(), headers)
    assert Image.open(io.BytesIO(base64.b64decode(heat.json()["heat"]))).mode == "RGB"
    none = client.request("POST", f"/api/runs/{run}/explain/99", file.getvalue(), headers)
    assert (none.status, none.json()["heat"]) == (200, None)
    for damaged in (b"", b"GIF89a", file.getvalue()[:200], b"<svg/>", b"\0" * 1000):
        refused = client.request("POST", path, damaged, headers)
        assert 400 <= refused.status < 500, damaged
        assert refused.json()["error"]
    assert client.request("POST", path, b" " * ((1 << 24) + 1), headers).status == 413


def test_notes_are_kept_in_the_run_folder(trained: tuple[Client, str]) -> None:
    client, run = trained
    text = "<b>good</b>\nbut slow é"
    assert client.post(f"/api/runs/{run}/notes", {"text": text}, "PUT") == {"notes": text}
    assert client.get("/api/runs")["runs"][0]["notes"] == text
    assert (client.workbench.runs.home / run / "notes.txt").read_text(encoding="utf-8") == text
    long = client.request("PUT", f"/api/runs/{run}/notes", {"text": "x" * 20_001})
    assert long.status == 422


def test_a_report_runs_nothing_of_its_own(trained: tuple[Client, str]) -> None:
    client, run = trained
    assert client.request("GET", f"/api/runs/{run}/report").status == 404
    (client.workbench.runs.home / run / "report.html").write_text("<script>alert(1)</script>")
    answer = client.request("GET", f"/api/runs/{run}/report")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers.get_all("Content-Security-Policy") == [
        answer.headers["Content-Security-Policy"]
    ]


@pytest.mark.parametrize(("kind", "start"), [("html", b"<!doctype html>"), ("keras", b"PK")])
def test_exports_are_saved_and_never_shown(
    trained: tuple[Client, str], kind: str, start: bytes
) -> None:
    client, run = trained
    assert client.request("GET", f"/api/runs/{run}/export/{kind}").status == 404
    found = client.post(f"/api/runs/{run}/export", {"format": kind})
    assert found["file"] == f"{run}.{kind}"
    assert found["verification"]
    answer = client.request("GET", f"/api/runs/{run}/export/{kind}")
    assert answer.body[: len(start)].lower() == start.lower()
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert client.request("POST", f"/api/runs/{run}/export", {"format": "torch"}).status == 422
    for other in ("x", "%2e%2e", "..%2f..%2fx"):
        assert client.request("GET", f"/api/runs/{run}/export/{other}").status in (400, 404)


def test_comparing_takes_runs_with_models(trained: tuple[Client, str]) -> None:
    client, run = trained
    for names in ([run], [run, "no-such"], [run] * 9, run):
        assert client.request("POST", "/api/compare", {"runs": names}).status in (404, 422)
    assert client.request("POST", "/api/compare", {"runs": [run, run]}).status == 422


@pytest.mark.parametrize("name", ["report.html", "notes.txt", "exports"])
def test_links_in_a_run_folder_are_not_followed(
    trained: tuple[Client, str], tmp_path: Path, name: str
) -> None:
    client, _ = trained
    home = client.workbench.runs.home
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "linked-1.html").write_text("secret")
    (home / "linked-1").mkdir(exist_ok=True)
    (home / "linked-1" / "config.json").write_text("{}")
    link = home / "linked-1" / name
    link.symlink_to(outside if name == "exports" else outside / "linked-1.html")
    for path in ("", "/report", "/export/html"):
        assert b"secret" not in client.request("GET", f"/api/runs/linked-1{path}").body
    link.unlink()
    client.post("/api/runs/linked-1", method="DELETE")


def test_a_finished_run_cannot_be_stopped_or_resumed(trained: tuple[Client, str]) -> None:
    client, run = trained
    assert client.request("POST", f"/api/runs/{run}/stop").status == 409
    job = client.post(f"/api/runs/{run}/resume")
    found = client.wait_for_job(job["id"])
    assert found["status"] == "failed"
    assert found["error"]


def test_a_training_is_stopped_resumed_and_deleted(client: Client) -> None:
    wanted = {"data": own_data(client), "model": "quick", "batch_size": 16, "epochs": 3000}
    job = client.post("/api/train", wanted)["id"]
    waiting = client.post("/api/train", wanted)["id"]
    while not (run := client.get(f"/api/jobs/{job}")["run"]):
        time.sleep(0.05)
    while client.get("/api/runs")["runs"][0]["epochs"] < 2:
        time.sleep(0.05)
    assert client.get("/api/runs")["runs"][0]["status"] == "running"
    for method, path in [("DELETE", ""), ("POST", "/resume"), ("POST", "/evaluate")]:
        assert client.request(method, f"/api/runs/{run}{path}").status == 409
    assert client.get(f"/api/jobs/{waiting}")["status"] == "queued"
    client.post(f"/api/jobs/{waiting}/cancel")
    client.post(f"/api/runs/{run}/stop")
    assert client.wait_for_job(job)["status"] == "done"
    epochs = client.get(f"/api/runs/{run}")["epochs"]
    assert client.get(f"/api/runs/{run}")["status"] == "interrupted"
    again = client.post(f"/api/runs/{run}/resume")["id"]
    while client.get(f"/api/runs/{run}")["epochs"] <= epochs:
        time.sleep(0.05)
    client.post(f"/api/jobs/{again}/cancel")
    client.wait_for_job(again)
    assert client.post(f"/api/runs/{run}", method="DELETE") == {"deleted": run}
    assert client.get("/api/runs") == {"runs": []}
    assert client.request("GET", f"/api/runs/{run}").status == 404
