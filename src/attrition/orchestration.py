"""Runs the flow of flows/ under Prefect for the command line: on the server that is configured, else on a temporary one
of its own. Says when Prefect cannot be used, and then runs the same functions without it. Prefect is imported here, late.
"""

import atexit
import contextlib
import http.client
import importlib.util
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from attrition import pipeline, resources
from attrition.errors import AttritionError
from attrition.pipeline import Request

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
# Seconds: a first start makes the server's database, on a busy computer slowly; one that is dead is noticed at once.
_START_LIMIT = 120.0
_STOP_LIMIT = 10.0
_ANSWER_LIMIT = 10.0


class PrefectUnavailable(Exception):
    """Prefect cannot be used here; the message says why, without addresses, which may hold credentials."""


def calm_environment() -> None:
    """Lets a server on this computer be reached past a proxy, keeps Prefect from calling out, and keeps its own log
    off the screen, where the command line shows progress itself.

    What the operator has set stays: PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL=INFO, for one, shows Prefect's log too.
    """
    # The lower-case variable hides the other, so both get the hosts of both.
    listed = [host.strip() for name in ("no_proxy", "NO_PROXY") for host in os.environ.get(name, "").split(",")]
    merged = ",".join(dict.fromkeys([*filter(None, listed), *_LOOPBACK]))
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = merged
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("PREFECT_RESULTS_PERSIST_BY_DEFAULT", "false")
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "INFO")
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")


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
    """Runs the flow once and returns the publication's path. Raises what the run's stages raise, and AttritionError if
    Prefect fails in the middle. Where Prefect cannot be used, the same functions run without it, and it is said.
    """
    calm_environment()
    tell("starting Prefect")
    try:
        flows = _connected_flow()
    except PrefectUnavailable as fault:
        tell(f"{fault}; running without Prefect")
        return pipeline.run(request, tell)
    import httpx
    from prefect.exceptions import PrefectException

    flows.watchers.append(tell)
    flows.publications.clear()
    try:
        ended = flows.attrition_run(
            landing=str(request.landing),
            out=str(request.out),
            as_at=request.as_at.isoformat(),
            warehouse_file=str(request.warehouse),
            sources=str(request.sources) if request.sources else None,
            config=str(request.config) if request.config else None,
            now=request.now.isoformat() if request.now else None,
            owners=str(request.owners) if request.owners else None,
            return_state=True,
        )
        # A failed state carries the fault itself, and this raises it.
        return Path(ended.result())
    except (httpx.HTTPError, PrefectException) as fault:
        if flows.publications:
            tell(f"Prefect failed at the end ({type(fault).__name__}); the publication is complete")
            return Path(flows.publications[-1])
        raise AttritionError(
            f"Prefect failed during the run ({type(fault).__name__}). What was loaded stays loaded, and nothing was "
            "published. Run again, with --direct if it happens again."
        ) from None
    finally:
        flows.watchers.remove(tell)


def _connected_flow() -> ModuleType:
    """The flow's module, once a Prefect server answers. Raises PrefectUnavailable."""
    try:
        from prefect.settings import get_current_settings

        settings = get_current_settings()
    except Exception as fault:
        raise PrefectUnavailable(
            f"Prefect cannot be loaded or its settings are wrong ({type(fault).__name__})"
        ) from None
    if settings.api.url:
        _ask_configured_server()
    elif settings.server.ephemeral.enabled:
        _start_temporary_server()
    else:
        raise PrefectUnavailable("no Prefect server is configured, and temporary ones are switched off")
    try:
        return load_flow()
    except AttritionError:
        raise
    except Exception as fault:
        raise PrefectUnavailable(f"Prefect cannot load the flow ({type(fault).__name__})") from None


def _ask_configured_server() -> None:
    from prefect.client.orchestration import get_client

    try:
        with get_client(httpx_settings={"timeout": _ANSWER_LIMIT}, sync_client=True) as client:
            client.hello()
    except Exception as fault:
        raise PrefectUnavailable(
            f"the Prefect server that is configured (PREFECT_API_URL) does not answer ({type(fault).__name__})"
        ) from None


def _start_temporary_server() -> None:
    """Starts a server for this process and waits until it answers. It ends with this process, however that ends.

    Prefect would start one itself, but tries one that cannot start over and over, with its tracebacks on the screen.
    """
    from prefect.context import refresh_global_settings_context

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    try:
        server = subprocess.Popen(
            [sys.executable, "-m", "attrition.orchestration", str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Ctrl+C is for the run; the server must live long enough to be told of it.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    except OSError as fault:
        raise PrefectUnavailable(f"Prefect's server cannot be started ({type(fault).__name__})") from None
    # Registered before Prefect starts its own threads, so that they have sent their last lines when this runs.
    atexit.register(_stop, server)
    deadline = time.monotonic() + _START_LIMIT
    while not _answers(port):
        if server.poll() is not None:
            raise PrefectUnavailable("Prefect's server cannot start (`prefect server start` shows why)")
        if time.monotonic() > deadline:
            _stop(server)
            raise PrefectUnavailable(f"Prefect's server did not answer within {_START_LIMIT:.0f} s")
        time.sleep(0.1)
    os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{port}/api"
    refresh_global_settings_context()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_LIMIT)
    try:
        connection.request("GET", "/api/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop(server: "subprocess.Popen[bytes]") -> None:
    if server.stdin is not None:
        with contextlib.suppress(OSError):
            server.stdin.close()
    try:
        server.wait(_STOP_LIMIT)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _serve(port: int) -> None:
    """The temporary server's own process: serves until its standard input closes, which the parent's end does too."""
    import uvicorn
    from prefect.server.api.server import create_app

    server = uvicorn.Server(
        uvicorn.Config(
            lambda: create_app(ephemeral=True, final=True),
            factory=True,
            host="127.0.0.1",
            port=port,
            log_level="critical",
            lifespan="on",
            timeout_graceful_shutdown=2,
        )
    )

    def end_with_parent() -> None:
        sys.stdin.buffer.read()
        server.should_exit = True

    threading.Thread(target=end_with_parent, daemon=True).start()
    server.run()


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
