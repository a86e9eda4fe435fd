"""Dirt that may change no figure: how values are written, how files are laid out, how a delivery is split."""

import csv
import datetime as dt
import random
import unicodedata
from collections.abc import Callable, Iterable
from zoneinfo import ZoneInfo

from clean_sets import EXTRACTS, Row
from delivery import DAY, Style
from harness import AGAIN, FIRST, NEXT
from operation import Operation, Strike

from attrition.contract import load_contract

REFERENCES = ("reference", "pseudonym")
LISTED = ("code", "yes_no", "force")
ALL = ("text", "integer", "date", "label", *REFERENCES, *LISTED)
WHOLE_NUMBERS = ("victim_no", "victim_age", "suspect_birth_year", "defendant_birth_year", "outcome_code")
PADS = ("\u00a0", "\t", " ", "\u2003", "\u00a0 ")
INVISIBLE = ("\u200b", "\u200d", "\ufeff", "\u00ad", "\u2060", "\x07", "\u034f", "\ufe0f")
ABSENT = ("N/A", "null", "TBC", "-", "Unknown", "#N/A", "Not known", "XXXX")


def _columns(strike: Strike, *types: str) -> list[str]:
    contract = load_contract(strike.extract).columns
    return [c for c in strike.delivery.headers[strike.extract] if c in contract and contract[c].type in types]


def cells(
    edit: Callable[[random.Random, str], str], *types: str, columns: Iterable[str] = ()
) -> Callable[[Strike], None]:
    """Edits a share of the filled cells of all columns of the types (of these alone, if any are named)."""

    def apply(strike: Strike) -> None:
        chosen = [c for c in columns if c in strike.delivery.headers[strike.extract]] or _columns(strike, *types)
        for column in chosen if not columns or set(chosen) & set(columns) else []:
            for row in strike.rows:
                if row[column] and strike.random.random() < strike.share:
                    row[column] = edit(strike.random, row[column])

    return apply


def _any_case(chance: random.Random, value: str) -> str:
    return chance.choice((value.lower(), value.upper(), value.title()))


def _padded(pads: tuple[str, ...]) -> Callable[[random.Random, str], str]:
    return lambda chance, value: f"{chance.choice(('', *pads))}{value}{chance.choice(pads)}"


def _inside(signs: tuple[str, ...]) -> Callable[[random.Random, str], str]:
    def edit(chance: random.Random, value: str) -> str:
        at = chance.randrange(len(value) + 1)
        return value[:at] + chance.choice(signs) + value[at:]

    return edit


def _moment(zone: str) -> Callable[[random.Random, str], str]:
    """A moment of that day in London, written with an offset of its own."""

    def edit(chance: random.Random, value: str) -> str:
        day = dt.datetime.fromisoformat(value).replace(tzinfo=ZoneInfo("Europe/London"))
        moment = day + dt.timedelta(minutes=chance.choice((0, 30, 720, 1439)))
        other = moment.astimezone(dt.UTC if zone == "Z" else dt.timezone(dt.timedelta(hours=int(zone))))
        return other.isoformat(timespec=chance.choice(("seconds", "minutes", "milliseconds"))).replace(
            "+00:00", "Z" if zone == "Z" else "+00:00"
        )

    return edit


def _with_time(chance: random.Random, value: str) -> str:
    return value + chance.choice((" 00:00:00", "T10:15:00", " 23:59", " 07:30:00.000"))


def _absent(strike: Strike) -> None:
    for column in _columns(strike, *REFERENCES):
        if column in ("incident_id", "defendant_id"):
            continue
        for row in strike.rows:
            if not row[column] and strike.random.random() < strike.share:
                row[column] = strike.random.choice(ABSENT)


def _absent_labels(strike: Strike) -> None:
    for column in _columns(strike, "label"):
        for row in strike.rows:
            if not row[column] and strike.random.random() < strike.share:
                row[column] = strike.random.choice(ABSENT)


def labels(edit: Callable[[random.Random, str], str]) -> Callable[[Strike], None]:
    """Edits fewer than half of the cells of each spelling, by force, so that the commonest spelling stays."""

    def apply(strike: Strike) -> None:
        for column in _columns(strike, "label"):
            found: dict[tuple[str, str], list[Row]] = {}
            for row in strike.rows:
                if row[column]:
                    found.setdefault((row["force"], row[column]), []).append(row)
            for rows in found.values():
                few = (len(rows) - 1) // 2
                for row in strike.random.sample(rows, min(few, round(strike.share * few))):
                    row[column] = edit(strike.random, row[column])

    return apply


def _respelt(chance: random.Random, value: str) -> str:
    return chance.choice(
        (value.upper(), value.replace(" ", "  "), f" {value}\u00a0", unicodedata.normalize("NFD", value))
    )


def _other_separators(chance: random.Random, value: str) -> str:
    return chance.choice(("/", "-", " ", ".")).join((value[:2], value[2:]))


def styled(**style: object) -> Callable[[Strike], None]:
    """Writes the extract's file in another style."""

    def apply(strike: Strike) -> None:
        strike.delivery.styles[strike.extract] = Style(**style)  # type: ignore[arg-type]

    return apply


def _column_order(strike: Strike) -> None:
    listed = list(strike.delivery.headers[strike.extract].items())
    strike.random.shuffle(listed)
    strike.delivery.headers[strike.extract] = dict(listed)


def headers(edit: Callable[[str], str]) -> Callable[[Strike], None]:
    """Writes the headers otherwise."""

    def apply(strike: Strike) -> None:
        told = strike.delivery.headers[strike.extract]
        strike.delivery.headers[strike.extract] = {column: edit(header) for column, header in told.items()}

    return apply


def _extra_columns(strike: Strike) -> None:
    told = strike.delivery.headers[strike.extract]
    strike.delivery.headers[strike.extract] = {"shoe_size": "Shoe size", **told, "row_colour": "Row colour"}
    for row in strike.rows:
        row["shoe_size"], row["row_colour"] = strike.random.choice(("", "9", "N/A")), "red"


def _rows_twice(strike: Strike) -> None:
    again = [dict(row) for row in strike.chosen("force")]
    strike.rows = strike.rows + again


def _row_order(strike: Strike) -> None:
    strike.random.shuffle(strike.rows)


def _split(rows: list[Row], count: int) -> list[list[Row]]:
    """Rows split so that those of one crime stay together, the latest in the last part, which so reaches as far as the whole."""
    crimes = dict.fromkeys(_crime(row) for row in rows)
    place = {crime: number * count // len(crimes) for number, crime in enumerate(crimes)}
    return [[row for row in rows if place[_crime(row)] == number] for number in range(count)]


def _crime(row: Row) -> tuple[str, ...]:
    urn = "".join(sign for sign in row.get("urn", "") if sign.isalnum()).upper()
    return (row["urn"] and urn,) if "decision" in row else (row["force"], row["crime_ref"])


def _days_in_names(strike: Strike) -> None:
    extract = strike.extract
    days = [f"2025-03-{day}" for day in ("29", "30", "31")]
    strike.delivery.parts[extract] = lambda rows: {
        f"{extract}_{day}": part for day, part in zip(days, _split(rows, 3), strict=True)
    }


def _parts_stated(strike: Strike) -> None:
    for extract in EXTRACTS:
        strike.delivery.parts[extract] = lambda rows, extract=extract: {  # type: ignore[misc]
            f"{extract}_{DAY}_part{number}": part for number, part in enumerate(_split(rows, 2), 1)
        }
    feeds = [
        f'[[feed]]\nextract = "{extract}"\nfiles = ["{extract}_*"]\ndelivery = "update"\ncolumns = "same"\n'
        "parts = '(\\d{4}-\\d{2}-\\d{2})_part\\d'\n"
        + ('[feed.column_options]\nbusiness_type = { empty_means = "not_business" }\n' if extract == "incident" else "")
        for extract in EXTRACTS
    ]
    strike.delivery.mapping = 'source = "own"\n' + "\n".join(feeds)


def _files_besides(strike: Strike) -> None:
    strike.delivery.besides |= {
        "readme.txt": b"made up\n",
        f"{strike.extract}_{DAY}.csv:Zone.Identifier": b"[ZoneTransfer]\nZoneId=3\n",
        "~$incident.xlsx": b"lock",
    }


def _other_sheets(strike: Strike) -> None:
    strike.delivery.styles[strike.extract] = Style(
        "xlsx", sheets=lambda cells: {"Extract": cells, "Notes": [["Made up for a test"]], "Empty": []}
    )


EVERYWHERE = tuple((extract, "") for extract in EXTRACTS)
TITLE = ("Hate crime extract", "Made 31 March 2025", "")


def _harmless(
    name: str,
    apply: Callable[[Strike], None],
    *,
    refusable: bool = False,
    shapes: tuple[str, ...] = (FIRST, AGAIN, NEXT),
) -> Operation:
    return Operation(name, apply, EVERYWHERE, shapes, may_be_refused=refusable)


HARMLESS = (
    _harmless("references in another case", cells(_any_case, *REFERENCES)),
    _harmless("codes in another case", cells(_any_case, *LISTED)),
    _harmless("NBSP and spaces round values", cells(_padded(PADS), *ALL)),
    _harmless("tabs round values", cells(_padded(("\t",)), *ALL)),
    _harmless("zero-width characters", cells(_inside(INVISIBLE[:2]), *REFERENCES, *LISTED, "date", "integer")),
    _harmless("BOM inside values", cells(_inside(("\ufeff",)), *REFERENCES, *LISTED, "date", "integer")),
    _harmless("soft hyphens", cells(_inside(("\u00ad",)), *REFERENCES, *LISTED)),
    _harmless("control characters", cells(_inside(("\x07", "\x1f")), *REFERENCES, *LISTED)),
    _harmless("whole numbers as 1.0", cells(lambda _, value: f"{value}.0" if value.isdigit() else value, columns=WHOLE_NUMBERS)),
    _harmless("moments with Z", cells(_moment("Z"), "date")),
    _harmless("moments at +01:00", cells(_moment("1"), "date")),
    _harmless("moments at -05:00", cells(_moment("-5"), "date")),
    _harmless("days with a time", cells(_with_time, "date")),
    _harmless("texts for no reference", _absent),
    _harmless("texts for no label", _absent_labels),
    _harmless("labels respelt", labels(_respelt)),
    _harmless("labels in other case", labels(_any_case)),
    _harmless("labels as NFD", labels(lambda _, value: unicodedata.normalize("NFD", value))),
    _harmless("labels with NBSP", labels(lambda _, value: value.replace(" ", "\u00a0") + "\u00a0")),
    _harmless("labels with soft hyphens", labels(_inside(("\u00ad", "\u200b")))),
    _harmless("separators in URNs", cells(_other_separators, columns=("urn",))),
    _harmless("separators in summons numbers", cells(_other_separators, columns=("asn",))),
    _harmless("blank lines", styled(blank_lines="")),
    _harmless("lines of bare delimiters", styled(blank_lines=",")),
    _harmless("a trailing delimiter", styled(trailing=True)),
    _harmless("semicolons", styled(delimiter=";")),
    _harmless("tabs between cells", styled(delimiter="\t")),
    _harmless("bars between cells", styled(delimiter="|")),
    _harmless("everything quoted", styled(quoting=csv.QUOTE_ALL)),
    _harmless("line ends of Windows", styled(end="\r\n")),
    _harmless("line ends of old Macs", styled(end="\r"), refusable=True),
    _harmless("no last line end", styled(ends_open=True)),
    _harmless("Windows code page", styled(encoding="cp1252")),
    _harmless("UTF-8 with BOM", styled(encoding="utf-8-sig")),
    _harmless("UTF-16", styled(encoding="utf-16")),
    _harmless("a sep line", styled(before=("sep=,",))),
    _harmless("title rows", styled(before=TITLE), refusable=True),
    _harmless("columns in another order", _column_order),
    _harmless("headers in capitals", headers(str.upper)),
    _harmless("headers padded", headers(lambda header: f"\u00a0{header} ")),
    _harmless("headers with zero-width characters", headers(lambda header: f"{header[:2]}\u200b{header[2:]}")),
    _harmless("columns that nobody mapped", _extra_columns),
    _harmless("rows twice", _rows_twice),
    _harmless("rows in another order", _row_order),
    _harmless("a workbook of texts", styled(kind="xlsx")),
    _harmless("a workbook of dates and numbers", styled(kind="xlsx", typed=True)),
    _harmless("a workbook with other sheets", _other_sheets, refusable=True),
    _harmless("a workbook with title rows", styled(kind="xlsx", sheets=lambda cells: {"Extract": [["Hate crime extract"], [], *cells]}), refusable=True),
    _harmless("Parquet of texts", styled(kind="parquet")),
    _harmless("Parquet of dates and numbers", styled(kind="parquet", typed=True)),
    # Of the CPS a part has so few dates that less can be told of how far it reaches.
    Operation("split by days in names", _days_in_names, EVERYWHERE[:2], (FIRST, AGAIN, NEXT)),
    _harmless("split as the mapping states", _parts_stated, shapes=(FIRST,)),
    _harmless("files besides", _files_besides),
)  # fmt: skip

assert len({operation.name for operation in HARMLESS}) == len(HARMLESS)
