"""What can go wrong, and the exit code each kind of fault ends with.

Every message is one paragraph: what happened, where (file, line, column; never the value), what to do.
"""

import errno
from pathlib import Path


class AttritionError(Exception):
    """A fault that we can explain. `exit_code` is what the command ends with."""

    exit_code = 1


class UsageFault(AttritionError):
    """The command, its configuration or a source mapping is wrong."""

    exit_code = 2


class InputRefused(AttritionError):
    """A file cannot be used as it is; nothing was published."""

    exit_code = 3


class GateStopped(AttritionError):
    """A quality gate stopped publication."""

    exit_code = 4


class WarehouseBusy(AttritionError):
    """Another run holds the warehouse."""

    exit_code = 5


class AlertUndelivered(AttritionError):
    """The run is done and its publication (if it came to one) is out, but an alert could not be delivered; it is kept and
    tried again by the next run.
    """

    exit_code = 6

    def __init__(self, message: str, published: Path | None = None) -> None:
        super().__init__(message)
        self.published = published


class ChecksCouldNotRun(AttritionError):
    """Checks without which nothing may be published could not run: a fault of the program or its installation, which says
    nothing about the data. `suites` are the extracts whose checks they are.
    """

    exit_code = 7

    def __init__(self, message: str, suites: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.suites = suites


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def no_room(what: str) -> AttritionError:
    """The fault of a full disk, of whatever could not be written."""
    return AttritionError(
        f"{what}: there is no room left on the disk. Make room and run again; what was loaded stays loaded, and nothing is published in part."
    )


def paragraph(fault: Exception) -> str:
    """What a user is told of a fault. Of an unforeseen one only kind and place, since its message may quote data."""
    if isinstance(fault, AttritionError):
        return str(fault)
    if isinstance(fault, OSError) and fault.errno in _NO_ROOM:
        return str(
            no_room(
                f"The file {fault.filename} could not be written" if fault.filename else "A file could not be written"
            )
        )
    place = fault.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f" in {Path(place.tb_frame.f_code.co_filename).name}, line {place.tb_lineno}" if place else ""
    return (
        f"an unforeseen fault ({type(fault).__name__}{where}). "
        "Run it again with --debug before the verb and report what it prints, without any data."
    )
