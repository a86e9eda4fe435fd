"""Runs the flow of flows/ under Prefect for the command line, and says when it cannot. Prefect is imported here, late."""

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from attrition import pipeline, resources
from attrition.errors import AttritionError
from attrition.pipeline import Request

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def calm_environment() -> None:
    """Lets Prefect's own server be reached past a proxy, and keeps Prefect and its parts from calling out."""
    for name in ("NO_PROXY", "no_proxy"):
        listed = [entry for entry in os.environ.get(name, "").split(",") if entry.strip()]
        os.environ[name] = ",".join([*listed, *(host for host in _LOOPBACK if host not in listed)])
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "INFO")
    os.environ.setdefault("PREFECT_RESULTS_PERSIST_BY_DEFAULT", "false")


def load_flow() -> ModuleType:
    """The module of flows/attrition_flow.py, from the checkout or the installed package."""
    path = resources.path("flows/attrition_flow.py")
    if "attrition_flow" in sys.modules:
        return sys.modules["attrition_flow"]
    spec = importlib.util.spec_from_file_location("attrition_flow", path)
    if spec is None or spec.loader is None:
        raise AttritionError(f"The flow {path} cannot be loaded. Install the package again.")
    module = importlib.util.module_from_spec(spec)
    sys.modules["attrition_flow"] = module
    spec.loader.exec_module(module)
    return module


def run_flow(request: Request, tell: Callable[[str], None]) -> Path:
    """Runs the flow once. Where Prefect's server cannot start, the same functions run without it, and it is said."""
    calm_environment()
    tell("starting Prefect")
    try:
        flows = load_flow()
        from prefect.client.orchestration import get_client

        with get_client(sync_client=True) as client:
            client.hello()
    except AttritionError:
        raise
    except Exception as fault:
        tell(f"Prefect cannot start ({type(fault).__name__}); running without it")
        return pipeline.run(request, tell)
    return Path(
        flows.attrition_run(
            landing=str(request.landing),
            out=str(request.out),
            as_at=request.as_at.isoformat(),
            warehouse_file=str(request.warehouse),
            sources=str(request.sources) if request.sources else None,
            config=str(request.config) if request.config else None,
            now=request.now.isoformat() if request.now else None,
        )
    )
