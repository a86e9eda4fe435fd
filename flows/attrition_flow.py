"""The run as a Prefect flow: decorators, retries and the artifact. No SQL and no arithmetic; the work is done by
`attrition.pipeline`. Tasks take paths and dates only, and nothing they return is stored.
"""

import datetime as dt
import shutil
from pathlib import Path

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from attrition import pipeline, warehouse
from attrition.pipeline import Request
from attrition.publish.headline import headline_markdown
from attrition.publish.shelf import workshop


def _tell(message: str) -> None:
    get_run_logger().info(message)


def _request(stated: dict[str, str | None]) -> Request:
    def path(key: str) -> Path | None:
        return Path(value) if (value := stated.get(key)) else None

    landing, out = path("landing"), path("out")
    assert landing is not None and out is not None
    return Request(
        landing=landing,
        as_at=dt.date.fromisoformat(stated["as_at"] or ""),
        out=out,
        warehouse=path("warehouse") or warehouse.default_path(),
        sources=path("sources"),
        config=path("config"),
        now=dt.date.fromisoformat(now) if (now := stated.get("now")) else None,
    )


@task(name="ingest", cache_policy=NO_CACHE, persist_result=False)
def ingest(stated: dict[str, str | None]) -> None:
    """Loads what is new in the landing folder."""
    pipeline.ingest(_request(stated), _tell)


@task(name="validate", cache_policy=NO_CACHE, persist_result=False)
def validate(stated: dict[str, str | None], folder: str) -> None:
    """Runs the expectation suites."""
    pipeline.validate(_request(stated), Path(folder), _tell)


@task(name="compute", cache_policy=NO_CACHE, persist_result=False)
def compute(stated: dict[str, str | None], folder: str) -> None:
    """Builds the attrition tables."""
    pipeline.compute(_request(stated), Path(folder), _tell)


@task(name="publish", cache_policy=NO_CACHE, persist_result=False)
def publish(stated: dict[str, str | None], folder: str) -> str:
    """Puts the publication out whole."""
    return str(pipeline.publish(_request(stated), Path(folder), _tell))


@flow(name="attrition", persist_result=False, retries=0)
def attrition_run(
    landing: str,
    out: str,
    as_at: str | None = None,
    warehouse_file: str | None = None,
    sources: str | None = None,
    config: str | None = None,
    now: str | None = None,
) -> str:
    """Loads, validates, computes and publishes; returns the publication's path.

    `as_at` and `now` are days (YYYY-MM-DD); a scheduled run leaves `as_at` out and counts as at yesterday.
    """
    today = dt.date.fromisoformat(now) if now else dt.date.today()
    stated = {
        "landing": landing,
        "out": out,
        "as_at": as_at or (today - dt.timedelta(days=1)).isoformat(),
        "warehouse": warehouse_file,
        "sources": sources,
        "config": config,
        "now": now,
    }
    ready = pipeline.prepare(_request(stated))
    stated |= {"landing": str(ready.landing), "out": str(ready.out), "warehouse": str(ready.warehouse)}
    with warehouse.held(ready.warehouse):
        folder = workshop(ready.out, ready.warehouse)
        try:
            ingest(stated)
            validate(stated, str(folder))
            compute(stated, str(folder))
            published = publish(stated, str(folder))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    create_markdown_artifact(
        key="attrition-headline",
        markdown=headline_markdown(Path(published) / "tables"),
        description=f"Headline funnel as at {stated['as_at']}",
    )
    return published
