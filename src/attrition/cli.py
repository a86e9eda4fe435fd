"""The command `attrition`: arguments in, exit code out. What the verbs do stands in verbs.py."""

import argparse
import datetime as dt
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from attrition import __version__, publication_verbs, verbs
from attrition.errors import AttritionError, paragraph

_EXITS = """exit codes:
  0  done
  1  a fault of ours
  2  usage, configuration or mapping
  3  input refused: which file and why
  4  a quality gate stopped publication
  5  another run holds the warehouse
  6  an alert could not be delivered
  7  checks that matter could not run
"""


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("is not a day; write it as 2025-03-31") from None


class _Parser(argparse.ArgumentParser):
    """A parser that never takes an abbreviation, so that scripts keep their meaning."""

    def __init__(self, **options: object) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **options)  # type: ignore[arg-type]


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = _Parser(
        prog="attrition",
        description="Shows where hate crime cases fall away between report and conviction, and why.",
        epilog="example:\n  attrition demo\n  attrition run --landing extracts --as-at 2025-03-31 --out publications\n\n"
        + _EXITS,
    )
    top.add_argument("--version", action="version", version=f"attrition {__version__}")
    top.add_argument("--debug", action="store_true", help="show the traceback of a fault")
    table = top.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=_Parser)
    _add_run(table)
    _add_demo(table)
    _add_check(table)
    _add_map(table)
    _add_accept(table)
    _add_case(table)
    _add_incidents(table)
    _add_release(table)
    _add_verify(table)
    _add_open(table)
    return top


def _verb(
    table: "argparse._SubParsersAction[_Parser]", name: str, summary: str, example: str
) -> argparse.ArgumentParser:
    return table.add_parser(name, help=summary, description=summary, epilog=f"example:\n  {example}\n\n{_EXITS}")


def _places(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--warehouse", type=Path, metavar="FILE", help="warehouse on a local disk (default: your local data folder)"
    )
    verb.add_argument("--sources", type=Path, metavar="DIR", help="folder of your own source mappings")
    verb.add_argument("--config", type=Path, metavar="FILE", help="thresholds, as attrition.toml")
    verb.add_argument("--now", type=_day, metavar="DATE", help="the day that counts as today, for tests and replays")


def _add_run(table: "argparse._SubParsersAction[_Parser]") -> None:
    verb = _verb(
        table,
        "run",
        "Load what is new, validate it, compute the funnels and publish them.",
        "attrition run --landing extracts --as-at 2025-03-31 --out publications",
    )
    verb.add_argument("--landing", type=Path, required=True, metavar="DIR", help="folder that holds the extracts")
    verb.add_argument(
        "--as-at", type=_day, required=True, metavar="DATE", help="only what had happened by the end of this day counts"
    )
    verb.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of publications")
    verb.add_argument("--direct", action="store_true", help="run without Prefect")
    verb.add_argument(
        "--owners", type=Path, metavar="FILE", help="who is told of data quality, as data_owners.toml (default: nobody)"
    )
    _places(verb)
    verb.set_defaults(action=verbs.run)


def _add_demo(table: "argparse._SubParsersAction[_Parser]") -> None:
    verb = _verb(
        table,
        "demo",
        "Make sample extracts (made up) and run everything on them.",
        "attrition demo --out demo --incidents 3000",
    )
    verb.add_argument("--out", type=Path, default=Path("demo"), metavar="DIR", help="folder to fill (default: demo)")
    verb.add_argument("--incidents", type=int, default=3000, metavar="N", help="number of incidents (default: 3000)")
    verb.add_argument("--seed", type=int, default=1, metavar="N", help="seed of the sample (default: 1)")
    verb.add_argument("--as-at", type=_day, default=dt.date(2025, 3, 31), metavar="DATE", help="default: 2025-03-31")
    verb.add_argument("--direct", action="store_true", help="run without Prefect")
    verb.set_defaults(action=verbs.demo)


def _add_check(table: "argparse._SubParsersAction[_Parser]") -> None:
    verb = _verb(
        table,
        "check",
        "Test extract files before they are sent; nothing is stored.",
        "attrition check incident_2025-03.csv investigation_2025-03.csv --rows-to mend",
    )
    verb.add_argument("files", type=Path, nargs="+", metavar="FILE")
    verb.add_argument("--sources", type=Path, metavar="DIR", help="folder of your own source mappings")
    verb.add_argument("--config", type=Path, metavar="FILE", help="thresholds, as attrition.toml")
    verb.add_argument("--now", type=_day, metavar="DATE", help="the day that counts as today, for tests and replays")
    verb.add_argument("--rows-to", type=Path, metavar="DIR", help="write the rows to mend there, as CSV and XLSX")
    verb.set_defaults(action=verbs.check)


def _add_map(table: "argparse._SubParsersAction[_Parser]") -> None:
    verb = _verb(
        table,
        "map",
        "Draft a source mapping from a file's headers and values, for an analyst to finish.",
        "attrition map rms_export.csv --source rms --out mappings/rms.toml",
    )
    verb.add_argument("file", type=Path, metavar="FILE")
    verb.add_argument("--extract", choices=("incident", "investigation", "cps", "cps_event"), help="default: guessed")
    verb.add_argument(
        "--sheet", metavar="NAME", help="sheet of a workbook (default: the first visible one with known columns)"
    )
    verb.add_argument("--source", metavar="NAME", help="name of the mapping (default: from the file's name)")
    verb.add_argument("--out", type=Path, metavar="FILE", help="file to write (default: the screen); never overwritten")
    verb.set_defaults(action=verbs.map)


def _add_accept(table: "argparse._SubParsersAction[_Parser]") -> None:
    verb = _verb(
        table,
        "accept",
        "Release a delivery that the gate holds.",
        'attrition accept 3f2a9c01 --why "owner confirms: one-off backlog"',
    )
    verb.add_argument("sha", metavar="SHA", help="first characters of the file's SHA-256, as the run printed them")
    verb.add_argument("--why", required=True, metavar="TEXT", help="the reason, kept in the ledger")
    verb.add_argument("--warehouse", type=Path, metavar="FILE", help="warehouse (default: your local data folder)")
    verb.add_argument("--now", type=_day, metavar="DATE", help="the day that counts as today, for tests and replays")
    verb.set_defaults(action=verbs.accept)


def _add_case(table: "argparse._SubParsersAction[_Parser]") -> None:
    verb = _verb(
        table,
        "case",
        "Show one case's way through the stages, with the rows and rules that put it where it is.",
        "attrition case I00001071 --as-at 2025-03-31",
    )
    verb.add_argument("reference", metavar="REF", help="incident or crime reference, alone or as force/reference")
    verb.add_argument("--as-at", type=_day, metavar="DATE", help="default: the day of the last publication")
    verb.add_argument("--warehouse", type=Path, metavar="FILE", help="warehouse (default: your local data folder)")
    verb.add_argument("--config", type=Path, metavar="FILE", help="thresholds, as attrition.toml")
    verb.set_defaults(action=verbs.case)


def _add_incidents(table: "argparse._SubParsersAction[_Parser]") -> None:
    verb = _verb(
        table,
        "incidents",
        "List data-quality incidents, show some, or say what is done about them.",
        'attrition incidents resolve 12 --why "owner confirms: a new unit, the numbers are right"',
    )
    verb.add_argument(
        "what", nargs="?", choices=("list", "show", "acknowledge", "assign", "silence", "resolve"), default="list"
    )
    verb.add_argument("numbers", nargs="*", type=int, metavar="NUMBER", help="incidents, as the list shows them")
    verb.add_argument("--all", action="store_true", help="list those that are mended or resolved too")
    verb.add_argument("--to", metavar="NAME", help="assign: to whom")
    verb.add_argument("--until", type=_day, metavar="DATE", help="silence: until the end of this day")
    verb.add_argument("--why", metavar="TEXT", help="resolve: the reason, kept for ever")
    verb.add_argument("--by", default="", metavar="NAME", help="who says so (default: the name of this account)")
    verb.add_argument("--warehouse", type=Path, metavar="FILE", help="warehouse (default: your local data folder)")
    verb.add_argument("--now", type=_day, metavar="DATE", help="the day that counts as today, for tests and replays")
    verb.set_defaults(action=verbs.incidents)


def _add_release(table: "argparse._SubParsersAction[_Parser]") -> None:
    verb = _verb(
        table,
        "release",
        "Make the board or public tier of a publication, with small counts protected.",
        "attrition release publications/2025-03-31 --tier board --register publications/not-for-release/board_register.duckdb",
    )
    verb.add_argument("publication", type=Path, metavar="DIR", help="the publication that a run made")
    verb.add_argument("--tier", choices=("board", "public"), required=True, help="who it is for")
    verb.add_argument(
        "--register", type=Path, metavar="FILE",
        help="past releases of the tier; this one is added (default with --first: not-for-release/ beside the publications)",
    )  # fmt: skip
    verb.add_argument("--first", action="store_true", help="nothing was ever released in this tier")
    verb.add_argument(
        "--out", type=Path, metavar="DIR", help="folder of publications (default: where the publication lies)"
    )
    verb.add_argument("--config", type=Path, metavar="FILE", help="thresholds and markings, as attrition.toml")
    verb.add_argument("--now", type=_day, metavar="DATE", help="the day that counts as today, for tests and replays")
    verb.set_defaults(action=publication_verbs.release)


def _add_verify(table: "argparse._SubParsersAction[_Parser]") -> None:
    verb = _verb(
        table,
        "verify",
        "Say whether a publication is whole and as it was published.",
        "attrition verify publications/2025-03-31",
    )
    verb.add_argument("folder", type=Path, metavar="DIR", help="the publication, of any tier")
    verb.set_defaults(action=publication_verbs.verify)


def _add_open(table: "argparse._SubParsersAction[_Parser]") -> None:
    verb = _verb(
        table,
        "open",
        "Open the report (or something else) of the newest publication.",
        "attrition open --out publications",
    )
    verb.add_argument(
        "publication", type=Path, nargs="?", metavar="DIR", help="a publication (default: the newest in --out)"
    )
    verb.add_argument(
        "--out",
        type=Path,
        default=Path("publications"),
        metavar="DIR",
        help="folder of publications (default: publications)",
    )
    verb.add_argument(
        "--tier", choices=("restricted", "board", "public"), default="restricted", help="default: restricted"
    )
    verb.add_argument(
        "--what", choices=("report", "workbook", "paper", "quality", "folder"), default="report", help="default: report"
    )
    verb.add_argument("--path", action="store_true", help="only print where it is")
    verb.set_defaults(action=publication_verbs.open_publication)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one verb and returns the exit code; every fault becomes one paragraph."""
    for stream in (sys.stdout, sys.stderr):
        # A Windows console may not know every sign; a run must not end for that.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    stated = parser().parse_args(arguments)
    try:
        return int(stated.action(stated))
    except AttritionError as fault:
        if stated.debug:
            raise
        print(f"attrition: {fault}", file=sys.stderr)
        return fault.exit_code
    except KeyboardInterrupt:
        print(
            "attrition: stopped; nothing was published. The next run goes on where this one stopped.", file=sys.stderr
        )
        return 1
    except BrokenPipeError:
        # Whoever read the output has had enough (`attrition incidents | head`); nothing may be written to it at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as fault:
        if stated.debug:
            raise
        print(f"attrition: {paragraph(fault)}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
