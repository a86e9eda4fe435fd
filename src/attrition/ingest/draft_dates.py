"""How dates are written: the formats of a text, of a column's values, and of the date in a file's name."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

_DATE_SHAPES: list[tuple[str, tuple[str, ...]]] = [
    (r"\d{4}-\d{1,2}-\d{1,2}", ("%Y-%m-%d",)),
    (r"\d{4}/\d{1,2}/\d{1,2}", ("%Y/%m/%d",)),
    (r"\d{8}", ("%Y%m%d",)),
    (r"\d{4}-\d{2}", ("%Y-%m",)),
    (r"\d{1,2}/\d{4}", ("%m/%Y",)),
    (r"[a-z]{3} \d{4}", ("%b %Y",)),
    (r"[a-z]{3}-\d{2}", ("%b-%y",)),
    (r"[a-z]{3,9} \d{1,2}, \d{4}", ("%b %d, %Y", "%B %d, %Y")),
]
for _sign in "/-.":
    _DATE_SHAPES += [
        (
            rf"\d{{1,2}}\{_sign}\d{{1,2}}\{_sign}\d{{{size}}}",
            (f"%d{_sign}%m{_sign}{year}", f"%m{_sign}%d{_sign}{year}"),
        )
        for size, year in ((4, "%Y"), (2, "%y"))
    ]
for _sign in "- ":
    _DATE_SHAPES += [
        (
            rf"\d{{1,2}}{_sign}[a-z]{{3,9}}{_sign}\d{{{size}}}",
            (f"%d{_sign}%b{_sign}{year}", f"%d{_sign}%B{_sign}{year}"),
        )
        for size, year in ((4, "%Y"), (2, "%y"))
    ]
_TIMES = (
    "%H:%M",
    "%H:%M:%S",
    "%H:%M:%S.%f",
    "%I:%M:%S %p",
    "%I:%M %p",
    "%H:%MZ",
    "%H:%M:%SZ",
    "%H:%M:%S.%fZ",
)
_FILE_DATES = [
    (shape.replace(" ", sign), form.replace(" ", sign))
    for shape, form in (
        (r"\d{4} \d{2} \d{2}", "%Y %m %d"),
        (r"\d{2} \d{2} \d{4}", "%d %m %Y"),
        (r"\d{4} \d{2}", "%Y %m"),
        (r"[A-Za-z]{3} \d{4}", "%b %Y"),
    )
    for sign in ("-", "_", ".", " ", "")
]


@dataclass
class DateLayout:
    """How a column writes dates: strptime formats (none for the default YYYY-MM-DD) and what is doubtful."""

    formats: tuple[str, ...] = ()
    doubts: list[str] = field(default_factory=list)
    open_order: bool = False
    serial: bool = False


def fits(value: str, pattern: str) -> bool:
    """Whether a text is a date of 1900 to 2100 in a strptime format."""
    try:
        return 1900 <= datetime.strptime(value, pattern).year <= 2100
    except ValueError:
        return False


def formats_of(value: str) -> tuple[str, ...]:
    """All formats in which a text is a date; two of them where day and month may be exchanged."""
    day, mark, time = value, "", ""
    if timed := re.fullmatch(r"(.*?)([ t])(\d{1,2}:\d{2}.*)", value):
        day, mark, time = timed[1], timed[2].upper(), timed[3].upper()
    suffix = next((mark + form for form in _TIMES if fits(f"2000 {time}", f"%Y {form}")), "") if time else ""
    if time and not suffix:
        return ()
    forms = [form for shape, known in _DATE_SHAPES if re.fullmatch(shape, day) for form in known if fits(day, form)]
    # Reading drops a time that follows the figures of a date; after the name of a month it is spelt out.
    return tuple(form + suffix if " " in form or "%b" in form.lower() else form for form in forms)


def read_dates(words: tuple[str, ...], values: list[str]) -> DateLayout | None:
    """How a column's values write dates, or None where they are not dates."""
    if "date" in words and sum(bool(re.fullmatch(r"[2-5]\d{4}(\.\d+)?", v)) for v in values) * 5 > len(values) * 4:
        return DateLayout(serial=True, doubts=["the values look like Excel's day numbers"])
    if not ("date" in words or "dob" in words) and all(value.isdigit() for value in values):
        return None
    found = Counter(formats for value in values if (formats := formats_of(value)))
    if not found or sum(found.values()) * 5 < len(values) * 4:
        return None
    if all(form.startswith("%Y-%m-%d") for formats in found for form in formats):
        return DateLayout()
    result = DateLayout()
    chosen: list[str] = []
    month_only = {form for formats in found for form in formats if "%d" not in form}
    pairs = {formats[:2] for formats in found if len(formats) > 1 and "%m" in formats[0]}
    day_first = sum(n for formats, n in found.items() if order_of(formats) == "day")
    month_first = sum(n for formats, n in found.items() if order_of(formats) == "month")
    if day_first and month_first:
        result.doubts.append(
            f"{day_first} values fit only day first, {month_first} only month first; what fits both ways "
            "cannot be told apart: ask the supplier"
        )
    elif pairs and not day_first and not month_first:
        result.open_order = True
    for formats, _ in sorted(found.items(), key=lambda item: (-item[1], item[0])):
        pick = formats[0]
        if order_of(formats) == "both" and month_first > day_first:
            pick = formats[1]
        if not (day_first and month_first) or order_of(formats) != ("month" if day_first >= month_first else "day"):
            chosen.append(pick)
    if month_only:
        result.doubts.append("a month without a day is read as its first day")
    unread = len(values) - sum(found.values())
    if unread:
        result.doubts.append(f"{unread} of {len(values)} values looked at are not dates in any known format")
    result.formats = tuple(dict.fromkeys(chosen))
    return result


def order_of(formats: tuple[str, ...]) -> str:
    """What comes first in dates in figures: day, month, both (it may be either); "" for other dates."""
    numeric = [form for form in formats if re.match(r"%[dm][/.-]%[dm]", form)]
    if not numeric:
        return ""
    return "both" if len(numeric) > 1 else "day" if numeric[0].startswith("%d") else "month"


def with_month_first(form: str) -> str:
    """A format that begins with day and month, with the two exchanged."""
    return re.sub(r"^%d([/.-])%m", r"%m\1%d", form)


def file_date(file_name: str) -> tuple[str, str] | None:
    """A pattern with one group that finds the (last) date in a file name, and the date's format."""
    for shape, form in _FILE_DATES:
        alone = rf"(?<![0-9])({shape})(?![0-9])"
        texts = re.findall(alone, file_name)
        if texts and all(fits(text, form) for text in texts):
            simple = re.search(f"({shape})", file_name)
            if len(texts) > 1:
                return f".*{alone}", form
            return f"({shape})" if simple and simple[1] == texts[0] else alone, form
    return None
