"""What can go wrong, and the exit code each kind of fault ends with.

Every message is one paragraph: what happened, where (file, line, column; never the value), what to do.
"""


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
    """The run is done, but an alert could not be delivered."""

    exit_code = 6
