"""Faults are told apart by what the libraries raise, through everything that they wrap it in."""

import smtplib
import socket
import ssl

import pytest

from attrition.alerts.sending import Fault, kind_of


def wrapped(inner: Exception, outer: Exception) -> Exception:
    """The outer exception, raised while the inner one was handled."""
    try:
        try:
            raise inner
        except Exception:
            raise outer  # noqa: B904
    except Exception as caught:
        return caught


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (452, b"4.2.2 The mailbox is full", Fault.MAILBOX_FULL),
        (452, b"4.3.1 Insufficient system storage", Fault.MAILBOX_FULL),
        (452, b"4.5.3 Too many recipients", Fault.RECIPIENT),
        (552, b"Exceeded storage allocation", Fault.MAILBOX_FULL),
        (552, b"5.3.4 The message is too large", Fault.RECIPIENT),
        (550, b"5.2.2 Over quota", Fault.MAILBOX_FULL),
        (550, b"5.1.1 No such user", Fault.RECIPIENT),
        (530, b"5.7.0 Authentication required", Fault.LOGIN),
    ],
)
def test_answers_about_a_recipient(code: int, text: bytes, kind: Fault) -> None:
    assert kind_of(smtplib.SMTPRecipientsRefused({"jo@example.org": (code, text)})) is kind


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (smtplib.SMTPAuthenticationError(535, b"no"), Fault.LOGIN),
        (smtplib.SMTPSenderRefused(530, b"5.7.1 log in first", "a@example.org"), Fault.LOGIN),
        (smtplib.SMTPDataError(552, b"5.2.2 full"), Fault.MAILBOX_FULL),
        (smtplib.SMTPDataError(554, b"spam"), Fault.REFUSED),
        (smtplib.SMTPConnectError(421, b"busy"), Fault.NO_CONNECTION),
        (smtplib.SMTPServerDisconnected("Connection unexpectedly closed"), Fault.NO_CONNECTION),
        (smtplib.SMTPNotSupportedError("STARTTLS"), Fault.NOT_OFFERED),
        (smtplib.SMTPException("No suitable authentication method found."), Fault.NOT_OFFERED),
        (ConnectionRefusedError(), Fault.NO_CONNECTION),
        (socket.gaierror(-2, "unknown"), Fault.NO_CONNECTION),
        (TimeoutError(), Fault.TIME_OUT),
        (ssl.SSLCertVerificationError(), Fault.CERTIFICATE),
        (ssl.SSLError("wrong version number"), Fault.TLS),
        (ValueError("anything"), Fault.CHANNEL),
        (wrapped(TimeoutError(), smtplib.SMTPServerDisconnected("closed")), Fault.TIME_OUT),
        (wrapped(ssl.SSLCertVerificationError(), OSError("retries exceeded")), Fault.CERTIFICATE),
        (wrapped(socket.gaierror(), ConnectionError("retries exceeded")), Fault.NO_CONNECTION),
    ],
)
def test_what_a_library_raises(fault: Exception, kind: Fault) -> None:
    assert kind_of(fault) is kind
