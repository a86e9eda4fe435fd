"""How a cell is read as a day. A following time is dropped; a moment with an offset from UTC is brought to Europe/London first.
Texts of a shape that nobody wrote a date in are NULL, and so is a time with an offset that is not understood: its day may be
another one. Whether a day is plausible is for the caller to say.
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

ISO = "%Y-%m-%d"
_OFFSET = r" ?(Z|UTC|GMT|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)"
_HOUR, _MINUTE = r"([01]?\d|2[0-4])", r"[0-5]\d"
# The day as it is written, hour and minute, half of the day, offset: seconds change no day.
_MOMENT = (
    rf"(?i)^(.+?)(?:(?: ?T| ){_HOUR}:({_MINUTE})(?::{_MINUTE})?(?:[.,]\d+)?(?: ?([AP])M)?|T{_HOUR}({_MINUTE})?(?:{_MINUTE})?(?:[.,]\d+)?)"
    rf"{_OFFSET}$"
)
_PARTS = "['day', 'hour', 'minute', 'half', 'basic_hour', 'basic_minute', 'zone']"
_STRANGE_OFFSET = r"[ Tt]\d{1,2}:?\d\d.*[-+\x{2212}\[]"
_SHORTEST_MOMENT = 10  # characters of 1/6/24T23Z


def arm(connection: "duckdb.DuckDBPyConnection") -> None:
    """Gives the connection the macros that the generated statements read days with."""
    execute = connection.execute
    execute(
        "CREATE OR REPLACE TEMP MACRO is_moment(cell) AS "
        f"strlen(cell) > {_SHORTEST_MOMENT} AND regexp_matches(cell, '{_MOMENT}')"
    )
    # Minutes from the written midnight to the moment as UTC tells it.
    execute(
        "CREATE OR REPLACE TEMP MACRO minutes_to_utc(p) AS "
        "(coalesce(nullif(p.hour, ''), p.basic_hour)::INTEGER "
        "+ CASE WHEN upper(p.half) = 'P' AND p.hour::INTEGER < 12 THEN 12 WHEN upper(p.half) = 'A' AND p.hour::INTEGER = 12 THEN -12 "
        "ELSE 0 END) * 60 + coalesce(nullif(p.minute, ''), nullif(p.basic_minute, ''), '0')::INTEGER "
        "- CASE WHEN p.zone[1] IN ('+', '-') THEN (p.zone[1] || '1')::INTEGER * "
        "(p.zone[2:3]::INTEGER * 60 + coalesce(nullif(replace(p.zone[4:], ':', ''), ''), '0')::INTEGER) ELSE 0 END"
    )
    # The list of one entry names the parts once: a statement that repeated them at each mention would take long to plan.
    execute(
        "CREATE OR REPLACE TEMP MACRO london_day(day, cell) AS CASE WHEN year(day) BETWEEN 1 AND 9998 THEN list_transform("
        f"[regexp_extract(cell, '{_MOMENT}', {_PARTS})], lambda p: ((day + to_minutes(minutes_to_utc(p))) "
        "AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/London')::DATE)[1] END"
    )
    # The shape is told first: a cast would also take dates that are not written as YYYY-MM-DD.
    execute(
        "CREATE OR REPLACE TEMP MACRO iso_date(cell) AS CASE WHEN cell >= '0' THEN "
        "CASE WHEN cell LIKE '____-__-__' THEN try_cast(cell AS DATE) "
        "WHEN cell LIKE '____-__-__ %' OR cell ILIKE '____-__-__T%' THEN CASE WHEN is_moment(cell) "
        "THEN london_day(try_cast(left(cell, 10) AS DATE), cell) "
        f"WHEN NOT regexp_matches(cell, '{_STRANGE_OFFSET}') THEN try_cast(left(cell, 10) AS DATE) END END END"
    )


def sql(cell: str, formats: tuple[str, ...], iso_too: bool) -> str:
    """The expression that reads a text cell as a day in one of the formats (none: YYYY-MM-DD); NULL where it cannot be read."""
    if not formats or formats == (ISO,):
        return f"iso_date({cell})"
    # A time after the date is dropped, whatever stands between the two.
    plain = _tries(cell, f"regexp_extract({cell}, '^[^ Tt]+')", formats)
    written = f"regexp_extract({cell}, '{_MOMENT}', 1)"
    moment = _tries(
        f"regexp_replace({cell}, '(?i){_OFFSET}$', '')", written, tuple(_without_offset(f) for f in formats)
    )
    iso = [f"iso_date({cell})"] if iso_too else []
    return (
        f"CASE WHEN is_moment({cell}) THEN coalesce({', '.join([f'london_day({moment}, {cell})', *iso])}) "
        f"WHEN NOT regexp_matches({cell}, '{_STRANGE_OFFSET}') THEN coalesce({', '.join([plain, *iso])}) END"
    )


def _tries(whole: str, day: str, formats: tuple[str, ...]) -> str:
    listed = "[" + ", ".join("'" + form.replace("'", "''") + "'" for form in formats) + "]"
    return f"coalesce(try_strptime({whole}, {listed})::DATE, try_strptime({day}, {listed})::DATE)"


def _without_offset(form: str) -> str:
    return re.sub(r" ?(%z|%Z|Z|UTC|GMT)$", "", form)
