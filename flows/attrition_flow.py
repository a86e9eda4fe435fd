"""The run as a Prefect flow: decorators, states and the artifact. No SQL and no arithmetic; the work is done by
`attrition.pipeline`. Tasks take paths and dates only, and nothing they return is stored.

A stage that fails ends in a state whose message is the fault's one paragraph. It is returned, not raised: Prefect logs
what is raised with its traceback, and a traceback of a database library may quote data.
"""

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from prefect import State, flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event
from prefect.states import Failed

from attrition import clock, pipeline, warehouse
from attrition.errors import AlertUndelivered, ChecksCouldNotRun, GateStopped, UsageFault, paragraph
from attrition.pipeline import Request
from attrition.publish.headline import headline_markdown
from attrition.publish.shelf import workshop
from attrition.quality import news
from attrition.quality.change import Change, Kind

# Who else hears of progress: the command line adds itself, a worker leaves it to Prefect's log.
watchers: list[Callable[[str], None]] = []
# Publications of this process, for a caller that Prefect fails after they are out.
publications: list[str] = []

_EVENTS = {Kind.NEW: "opened", Kind.REOPENED: "opened", Kind.MENDED: "closed"}

Stated = dict[str, str | None]
Result = TypeVar("Result")


def _tell(message: str) -> None:
    get_run_logger().info("%s", message)
    for watch in watchers:
        watch(message)


def _day(stated: Stated, key: str) -> dt.date | None:
    value = stated.get(key)
    try:
        return dt.date.fromisoformat(value) if value else None
    except ValueError:
        raise UsageFault(f"The parameter {key} is not a day; write it as 2025-03-31.") from None


def _request(stated: Stated) -> Request:
    def path(key: str) -> Path | None:
        return Path(value) if (value := stated.get(key)) else None

    landing, out, now = path("landing"), path("out"), _day(stated, "now")
    if landing is None or out is None:
        raise UsageFault("The parameters landing and out name the folder of the extracts and that of publications.")
    return Request(
        landing=landing,
        as_at=_day(stated, "as_at") or (now or clock.today()) - dt.timedelta(days=1),
        out=out,
        warehouse=path("warehouse") or warehouse.default_path(),
        sources=path("sources"),
        config=path("config"),
        now=now,
        owners=path("owners"),
    )


def _failed(fault: Exception) -> State:
    """A failed state that carries the fault for a caller in this process and only its paragraph for the server."""
    return Failed(message=paragraph(fault), data=fault)


def _stage(work: Callable[[], Result]) -> Result | State:
    try:
        return work()
    except Exception as fault:
        return _failed(fault)


@task(name="ingest", cache_policy=NO_CACHE, persist_result=False)
def ingest(stated: Stated) -> State | None:
    """Loads what is new in the landing folder. Of a delivery that the gate holds its owner is told at once."""
    request = _request(stated)
    try:
        return pipeline.ingest(request, _tell)
    except GateStopped as fault:
        _stage(lambda: pipeline.tell_of_held(request, _tell))
        return _failed(fault)
    except Exception as fault:
        return _failed(fault)


@task(name="validate", cache_policy=NO_CACHE, persist_result=False)
def validate(stated: Stated, folder: str) -> State | None:
    """Runs the expectation suites. Of checks that matter and could not run the operator is told at once."""
    request = _request(stated)
    try:
        return pipeline.validate(request, Path(folder), _tell)
    except ChecksCouldNotRun as fault:
        told = fault
        _stage(lambda: pipeline.tell_of_crash(request, told, _tell))
        return _failed(fault)
    except Exception as fault:
        return _failed(fault)


@task(name="compute", cache_policy=NO_CACHE, persist_result=False)
def compute(stated: Stated, folder: str) -> State | None:
    """Builds the attrition tables."""
    return _stage(lambda: pipeline.compute(_request(stated), Path(folder), _tell))


@task(name="judge", cache_policy=NO_CACHE, persist_result=False)
def judge(stated: Stated, folder: str) -> State | None:
    """Opens and closes data-quality incidents, queues what their owners are to be told, and emits an event for each."""
    return _stage(lambda: _emit(pipeline.judge(_request(stated), Path(folder), _tell)))


def _emit(changes: list[Change]) -> None:
    """A Prefect event for every incident that a run opened or closed: number, rule, place and rows, as automations need them."""
    for change in changes:
        if change.kind in _EVENTS:
            emit_event(
                event=f"attrition.incident.{_EVENTS[change.kind]}",
                resource={
                    "prefect.resource.id": f"attrition.incident.{change.incident_id}",
                    "prefect.resource.name": f"{change.rule} {change.area}".strip(),
                },
                payload={
                    "rule": change.rule,
                    "severity": change.severity,
                    "extract": change.extract,
                    "area": change.area,
                    "column": change.column,
                    "rows": change.rows,
                    "rows_fixed": change.rows_fixed,
                },
            )


@task(name="alert", cache_policy=NO_CACHE, persist_result=False)
def alert(stated: Stated, published: str) -> State | None:
    """Delivers what waits for the owners."""
    return _stage(lambda: pipeline.alert(_request(stated), Path(published), _tell))


@task(name="publish", cache_policy=NO_CACHE, persist_result=False)
def publish(stated: Stated, folder: str) -> State | str:
    """Puts the publication out whole."""

    def put_out() -> str:
        publications.append(str(pipeline.publish(_request(stated), Path(folder), _tell)))
        return publications[-1]

    return _stage(put_out)


def _run(stated: Stated) -> str:
    ready = pipeline.prepare(_request(stated))
    # Fixed once, so that a run over midnight keeps its day.
    stated |= {"landing": str(ready.landing), "out": str(ready.out), "warehouse": str(ready.warehouse)}
    stated |= {"as_at": ready.as_at.isoformat(), "now": ready.today.isoformat()}
    with warehouse.held(ready.warehouse):
        folder = workshop(ready.out, ready.warehouse)
        try:
            # A call alone would give back the failed state and go on; `result` raises what is in it.
            ingest(stated, return_state=True).result()
            validate(stated, str(folder), return_state=True).result()
            compute(stated, str(folder), return_state=True).result()
            judge(stated, str(folder), return_state=True).result()
            published: str = publish(stated, str(folder), return_state=True).result()
            alert(stated, published, return_state=True).result()
            return published
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _show(published: Path) -> None:
    """Logs what is new and shows the headline table on the run's page. The publication is out already, so a fault of Prefect
    ends nothing.
    """
    for line in news.read(published / pipeline.QUALITY):
        get_run_logger().info("%s", line)
    try:
        create_markdown_artifact(
            key="attrition-headline",
            markdown=headline_markdown(published / "tables"),
            description=f"Headline funnel of the publication {published.name}",
        )
    except Exception as fault:
        _tell(f"Prefect could not store the headline ({type(fault).__name__}); the publication is complete")


@flow(name="attrition", persist_result=False, retries=0)
def attrition_run(
    landing: str,
    out: str,
    as_at: str | None = None,
    warehouse_file: str | None = None,
    sources: str | None = None,
    config: str | None = None,
    now: str | None = None,
    owners: str | None = None,
) -> State | str:
    """Loads, validates, computes, publishes and alerts; returns the publication's path.

    `as_at` and `now` are days (YYYY-MM-DD); a scheduled run leaves `as_at` out and counts as at yesterday.
    """
    stated: Stated = {
        "landing": landing,
        "out": out,
        "as_at": as_at,
        "warehouse": warehouse_file,
        "sources": sources,
        "config": config,
        "now": now,
        "owners": owners,
    }
    try:
        published = _run(stated)
    except AlertUndelivered as fault:
        # The publication is out; the run still ends as failed, so that the operator sees it.
        _show(Path(publications[-1]))
        return _failed(fault)
    except Exception as fault:
        return _failed(fault)
    _show(Path(published))
    return published
