"""One way to reach somebody: a URL that apprise knows, or a folder. Reads it from the configuration, with secrets taken
from the environment. A URL may hold a password, so no message here ever quotes one.
"""

import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

MAIL = ("mailto", "mailtos")
_OUTBOX = "outbox:"
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_OFF = ("no", "n", "off", "false", "f", "0", "never", "disable", "disabled")


@dataclass(frozen=True)
class Channel:
    """One channel, with its secrets filled in; neither `repr` nor any message shows the URL.

    url: what apprise takes; empty for a folder
    recipients: mail addresses that the URL itself names
    folder: the folder into which one file per alert is written; None for anything else
    """

    url: str = field(repr=False)
    recipients: tuple[str, ...] = field(default=(), repr=False)
    folder: Path | None = None

    @property
    def is_mail(self) -> bool:
        """Whether the channel is a mail server, which is told for each alert whom to write to."""
        return self.url.split(":", 1)[0].lower() in MAIL

    @property
    def server(self) -> str:
        """What one failure stands for: channels with the same server and login fail together. Holds secrets."""
        if self.folder is not None:
            return str(self.folder)
        if not self.is_mail:
            return self.url
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}?{parse_qs(parts.query).get('smtp', [''])[0]}"


def read_channel(
    stated: object, base: Path, environment: Mapping[str, str] = os.environ
) -> tuple[Channel | None, list[str]]:
    """A channel as the configuration states it, and what is wrong with it (phrases that never quote it).

    base: the folder that a relative outbox is taken from
    """
    if not isinstance(stated, str) or not stated.strip():
        return None, ["must be a text: an address that apprise knows, or outbox:FOLDER"]
    text, mistakes = _filled_in(stated.strip(), environment)
    if mistakes:
        return None, mistakes
    if text.lower().startswith(_OUTBOX):
        folder = text[len(_OUTBOX) :].strip()
        if not folder:
            return None, ["names no folder after outbox:"]
        return Channel("", folder=base / Path(folder).expanduser()), []
    with silenced():
        import apprise

        usable = apprise.Apprise.instantiate(text)
    if usable is None:
        return None, ["is no address that apprise can use (is it complete, and is everything in it percent-encoded?)"]
    channel = Channel(text)
    return _mail(text, usable) if channel.is_mail else (channel, [])


def _filled_in(text: str, environment: Mapping[str, str]) -> tuple[str, list[str]]:
    """The text with its variables filled in, and the names of those that are missing."""
    names = _VARIABLE.findall(text)
    mistakes = [
        f"the environment variable {name} is not set" for name in dict.fromkeys(names) if not environment.get(name)
    ]
    if "${" in _VARIABLE.sub("", text):
        mistakes.append("holds a ${ that is not followed by the name of a variable and a }")
    if mistakes:
        return "", mistakes
    if _VARIABLE.fullmatch(text):
        # The whole address is the secret, as with a webhook: it is a finished URL already.
        return environment[names[0]].strip(), []
    # A password may hold @ or /, which would end its part of the URL.
    return _VARIABLE.sub(lambda found: quote(environment[found[1]], safe=""), text), []


def _mail(url: str, service: Any) -> tuple[Channel | None, list[str]]:
    """A mail channel. Everybody gets a message of their own, so that a full mailbox of one costs nobody else theirs."""
    # Imported by name: apprise has no types for these.
    mail, parse = import_module("apprise.plugins.email").NotifyEmail, import_module("apprise.utils.parse")
    query = {key.lower(): values[0] for key, values in parse_qs(urlsplit(url).query).items()}
    mistakes = []
    if {"cc", "bcc"} & set(query):
        mistakes.append("has cc or bcc: list these people under people or deputies")
    if query.get("verify", "yes").lower() in _OFF:
        mistakes.append("switches the check of the certificate off: name the private CA with ca_file")
    if not f"{service.user or ''}{service.password or ''}".isascii():
        mistakes.append("has a login with letters outside ASCII, which Python's mail library cannot send")
    with silenced():
        told = mail.parse_url(url)
        recipients = tuple(dict.fromkeys(parse.parse_emails(told["targets"]))) if told else ()
    return (None, mistakes) if mistakes else (Channel(url, recipients), [])


@contextmanager
def silenced() -> Iterator[None]:
    """Keeps apprise from logging anything, since its messages quote addresses."""
    logger = logging.getLogger("apprise")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before
