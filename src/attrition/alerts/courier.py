"""Gives alerts to the process that sends, and ends that process when it takes too long. Knows nothing of owners or digests."""

import contextlib
import os
import queue
import ssl
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import IO

from attrition.alerts.sending import READY, Fault, Parcel
from attrition.settings import KEY_FILE_VARIABLE, KEY_VARIABLE

# Seconds: on a busy computer a first start can take long, and says nothing about a server.
_START_LIMIT = 60.0
_END_LIMIT = 5.0


class Courier:
    """Sends parcels one by one, each within a time limit.

    seconds: the limit for one parcel, from the moment that the sending process is ready for it
    ca_file: certificates in PEM that are trusted beside those of the system
    """

    def __init__(self, seconds: float, ca_file: Path | None = None) -> None:
        self.seconds = seconds
        self.ca_file = ca_file
        self._folder = tempfile.TemporaryDirectory(prefix="attrition-", ignore_cleanup_errors=True)
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def __enter__(self) -> "Courier":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        self._folder.cleanup()

    def send(self, parcel: Parcel) -> Fault | None:
        """Sends one parcel; returns the kind of fault, None when it was taken. Never takes much longer than the limit."""
        try:
            process = self._process or self._start()
            assert process.stdin is not None
            process.stdin.write(parcel.as_line(self.seconds))
            process.stdin.flush()
            if self._answers.get(timeout=_START_LIMIT) != READY:
                raise ChildProcessError
            answer = self._answers.get(timeout=self.seconds)
            if answer is None:
                raise ChildProcessError
        except queue.Empty:
            self._end()
            return Fault.FOLDER if parcel.folder else Fault.TIME_OUT
        except OSError:
            self._end()
            return Fault.ENDED
        return Fault[answer] if answer else None

    def _start(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "attrition.alerts.sending"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._environment(),
            # Windows would open a window otherwise; elsewhere there is no such flag.
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        assert self._process.stdout is not None
        self._answers = queue.SimpleQueue()
        threading.Thread(target=_listen, args=(self._process.stdout, self._answers), daemon=True).start()
        return self._process

    def _end(self) -> None:
        """Ends the process; one that the system cannot end (a dead share) is left behind."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_END_LIMIT)
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()

    def _environment(self) -> dict[str, str]:
        """The environment of the process that sends: without the pseudonym key, and with the private CA.

        Mail takes its certificates from SSL_CERT_FILE, everything over HTTPS from REQUESTS_CA_BUNDLE; both name the only file
        that is read, so ours is joined to the one that would be read without it.
        """
        here = {name: value for name, value in os.environ.items() if name not in (KEY_VARIABLE, KEY_FILE_VARIABLE)}
        if self.ca_file is None:
            return here
        import certifi

        usual = ssl.get_default_verify_paths()
        bundles = {
            "SSL_CERT_FILE": here.get("SSL_CERT_FILE") or usual.cafile,
            "REQUESTS_CA_BUNDLE": here.get("REQUESTS_CA_BUNDLE") or here.get("CURL_CA_BUNDLE") or certifi.where(),
        }
        for name, trusted in bundles.items():
            bundle = Path(self._folder.name) / f"{name.lower()}.pem"
            parts = [Path(file).read_bytes() for file in (trusted, self.ca_file) if file and Path(file).is_file()]
            bundle.write_bytes(b"\n".join(parts))
            here[name] = str(bundle)
        return here


def _listen(stream: IO[bytes], answers: "queue.SimpleQueue[str | None]") -> None:
    """Hands every answer on as it comes, and None at the end: pipes know no time-out on Windows."""
    with contextlib.suppress(OSError, ValueError):
        for line in stream:
            answers.put(line.decode("utf-8", "replace").strip())
    answers.put(None)
