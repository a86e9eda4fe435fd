"""The day, as it is in England and Wales: whatever time zone the machine keeps."""

import datetime as dt
from zoneinfo import ZoneInfo

ZONE = "Europe/London"


def today() -> dt.date:
    """The present day in Europe/London."""
    return dt.datetime.now(ZoneInfo(ZONE)).date()
