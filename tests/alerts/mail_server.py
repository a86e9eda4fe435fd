"""Real mail servers on loopback: one that behaves as it is told, and one that accepts a connection and says nothing."""

import contextlib
import email
import email.policy
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class MailServer:
    """What a server has taken, and how it answers.

    answers: for an address, what is said to RCPT; password: what a login needs, None where no login is offered
    hangs_on: an address whose message is taken in and never answered
    """

    port: int = field(default_factory=free_port)
    password: str | None = None
    answers: dict[str, str] = field(default_factory=dict)
    hangs_on: str = ""
    taken: list[tuple[str, list[str], EmailMessage]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    connections: int = 0
    hung: threading.Event = field(default_factory=threading.Event)

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.hangs_on in envelope.rcpt_tos:
            import asyncio

            self.hung.set()
            await asyncio.sleep(60)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.taken.append((envelope.mail_from, list(envelope.rcpt_tos), message))
        return "250 OK"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.password.decode())
        return AuthResult(success=data.password.decode() == self.password, handled=False)

    @property
    def recipients(self) -> list[str]:
        return [address for _, addresses, _ in self.taken for address in addresses]

    @contextlib.contextmanager
    def running(self, tls: ssl.SSLContext | None = None, *, implicit: bool = False) -> Iterator["MailServer"]:
        options: dict[str, Any] = {}
        if self.password is not None:
            options |= {"authenticator": self.authenticate, "auth_required": True, "auth_require_tls": False}
        if tls is not None and not implicit:
            options |= {"tls_context": tls, "require_starttls": True}
        controller = Controller(
            self, hostname="127.0.0.1", port=self.port, ssl_context=tls if implicit else None, **options
        )
        controller.start()
        # The controller tries its own port once when it starts.
        self.connections = 0
        try:
            yield self
        finally:
            controller.stop()


@contextlib.contextmanager
def silent_server() -> Iterator[int]:
    """A port where connections are accepted and never answered."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(20)
        held: list[socket.socket] = []

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    held.append(listening.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            for one in held:
                one.close()


@contextlib.contextmanager
def trickling_server() -> Iterator[int]:
    """A port where a letter comes every half second, so that no single read ever takes long."""
    ended = threading.Event()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(20)

        def trickle() -> None:
            with contextlib.suppress(OSError):
                one = listening.accept()[0]
                while not ended.is_set():
                    one.sendall(b"2")
                    time.sleep(0.5)

        threading.Thread(target=trickle, daemon=True).start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            ended.set()
