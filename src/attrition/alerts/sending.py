"""The process that sends: takes one alert after the other from its standard input, gives it to apprise or writes it into a
folder, and answers with the kind of fault, never with a text of the server. It runs apart from the program, so that a
server that hangs can be left behind by ending it.
"""

import json
import logging
import os
import re
import smtplib
import ssl
import sys
from dataclasses import asdict, dataclass
from enum import Enum
from importlib import import_module
from pathlib import Path

from attrition.alerts import outbox

READY = "ready"
_HTTP_STATUS = re.compile(r"error=(\d{3})")
_FULL_CODES = (422, 452, 552)
_LOGIN_CODES = (530, 534, 535, 538)
# Of the time for one alert; so the library gives up first, and its own account of the fault is had.
_SHARE_OF_TIME = 0.8


class Fault(Enum):
    """Why an alert could not be delivered, in words for the operator."""

    NO_CONNECTION = "no connection to the server"
    TIME_OUT = "the server did not answer in time"
    CERTIFICATE = "the server's certificate is not trusted"
    TLS = "no secure connection to the server"
    LOGIN = "login refused"
    NOT_OFFERED = "the server does not offer the encryption or login asked for"
    MAILBOX_FULL = "mailbox full"
    RECIPIENT = "recipient refused"
    REFUSED = "refused by the server"
    CHANNEL = "the channel cannot be used"
    FOLDER = "the folder cannot be written to"
    ENDED = "the sending program ended unexpectedly"


# The first that fits: a certificate that is refused is an SSLError too.
_KINDS: tuple[tuple[type[BaseException], Fault], ...] = (
    (smtplib.SMTPAuthenticationError, Fault.LOGIN),
    (smtplib.SMTPConnectError, Fault.NO_CONNECTION),
    (smtplib.SMTPNotSupportedError, Fault.NOT_OFFERED),
    (ssl.SSLCertVerificationError, Fault.CERTIFICATE),
    (TimeoutError, Fault.TIME_OUT),
    (ssl.SSLError, Fault.TLS),
)


@dataclass(frozen=True)
class Parcel:
    """One alert on its way through one channel.

    url: what apprise takes, or empty
    to_name, to_address: whom a mail goes to; empty for other channels
    folder, stem, owner: for a folder: which, the name of the files without ending, and whom it is for
    attachments: paths of files
    """

    url: str
    subject: str
    body: str
    to_name: str = ""
    to_address: str = ""
    folder: str = ""
    stem: str = ""
    owner: str = ""
    attachments: tuple[str, ...] = ()

    def as_line(self, seconds: float) -> bytes:
        """The parcel and the time it may take, as one line for the process that sends."""
        return json.dumps(asdict(self) | {"seconds": seconds}).encode() + b"\n"


def kind_of(fault: BaseException) -> Fault:
    """The kind of fault that an exception of a mail or web library, or what led to it, stands for."""
    chain: list[BaseException] = []
    link: BaseException | None = fault
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    for one in chain:
        if isinstance(one, smtplib.SMTPRecipientsRefused):
            answers = [_answered(*answer) for answer in one.recipients.values()]
            return next((kind for kind in answers if kind), Fault.RECIPIENT)
        for kind, stated in _KINDS:
            if isinstance(one, kind):
                return stated
        if isinstance(one, smtplib.SMTPResponseException):
            return _answered(one.smtp_code, one.smtp_error) or Fault.REFUSED
    if any("Timeout" in type(one).__name__ for one in chain):
        return Fault.TIME_OUT
    if type(fault) is smtplib.SMTPException:
        return Fault.NOT_OFFERED
    return Fault.NO_CONNECTION if isinstance(fault, OSError) else Fault.CHANNEL


def _answered(code: int, text: bytes | str) -> Fault | None:
    """The kind of a server's answer. An enhanced status (RFC 3463) tells a full mailbox from a message that is too large."""
    words = text.decode("ascii", "replace") if isinstance(text, bytes) else text
    status = re.match(r"\s*[245]\.(\d{1,3}\.\d{1,3})\b", words)
    if code in _LOGIN_CODES:
        return Fault.LOGIN
    if (status and status[1] == "2.2") or (code in _FULL_CODES and (status is None or status[1] in ("2.0", "3.1"))):
        return Fault.MAILBOX_FULL
    return None


class _Listener(logging.Handler):
    """Learns from apprise's own warnings what went wrong: apprise swallows the exception, but logs while handling it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard: Fault | None = None

    def emit(self, record: logging.LogRecord) -> None:
        fault = sys.exc_info()[1]
        if fault is not None:
            self.heard = self.heard or kind_of(fault)
        elif status := _HTTP_STATUS.search(record.getMessage()):
            self.heard = self.heard or (Fault.LOGIN if status[1] in ("401", "403") else Fault.REFUSED)


def send(parcel: Parcel, seconds: float) -> Fault | None:
    """Delivers one parcel. Returns the kind of fault, None when it was taken."""
    if not parcel.folder:
        return _send_with_apprise(parcel, seconds)
    attachments = [Path(name) for name in parcel.attachments]
    try:
        outbox.put(Path(parcel.folder), parcel.stem, parcel.owner, parcel.subject, parcel.body, attachments)
    except OSError:
        return Fault.FOLDER
    return None


def _send_with_apprise(parcel: Parcel, seconds: float) -> Fault | None:
    import apprise
    from apprise.attachment.base import AttachBase
    from apprise.plugins.email import NotifyEmail

    # Without the masks no message refers to a picture on somebody else's server.
    asset = apprise.AppriseAsset(
        async_mode=False, app_id="attrition", app_desc="attrition", app_url="", image_url_mask="", image_url_logo=""
    )
    listener = _Listener()
    logger = logging.getLogger("apprise")
    logger.handlers, logger.propagate = [listener], False
    service = apprise.Apprise.instantiate(parcel.url, asset=asset)
    if not isinstance(service, apprise.NotifyBase):
        return Fault.CHANNEL
    service.socket_connect_timeout = service.socket_read_timeout = seconds * _SHARE_OF_TIME
    if isinstance(service, NotifyEmail):
        service.targets = [(parcel.to_name or False, parcel.to_address)]
        service.notify_format = apprise.NotifyFormat.TEXT
    # As an object, since a text would be read as a URL and a % in a file's name be decoded.
    as_file = import_module("apprise.attachment.file").AttachFile
    attachments: list[str | AttachBase | apprise.AppriseAttachment] = [as_file(name) for name in parcel.attachments]
    everybody = apprise.Apprise(asset=asset)
    everybody.add(service)
    taken = everybody.notify(
        body=parcel.body,
        title=parcel.subject,
        body_format=apprise.NotifyFormat.TEXT,
        attach=apprise.AppriseAttachment(attachments, asset=asset) if attachments else None,
    )
    return None if taken else listener.heard or Fault.REFUSED


def main() -> None:
    """Reads parcels, one JSON object a line, until the input ends. Answers each with `ready`, then with its fault or nothing."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    # Whatever a library prints must not be taken for an answer, nor reach the screen.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    for line in sys.stdin.buffer:
        stated = json.loads(line)
        seconds = stated.pop("seconds")
        parcel = Parcel(**stated)
        if parcel.url:
            # Slow to import, and no fault of any server's.
            import apprise  # noqa: F401
        print(READY, file=answers, flush=True)
        try:
            fault = send(parcel, seconds)
        except Exception as unforeseen:
            fault = kind_of(unforeseen)
        print(fault.name if fault else "", file=answers, flush=True)


if __name__ == "__main__":
    main()
