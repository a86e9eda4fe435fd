"""The charts of the report as Vega specifications. They hold no data: the page's script gives each one rows.

Colours are variables of the style sheet, so that light, dark and print differ there alone. Each specification reads the data
set `rows`; every chart has beside it a sentence and a table with the same figures, so that nobody depends on the picture.
"""

import json
from functools import cache
from typing import Any

# State of a case, its colour's variable; the same names stand in the page's script.
STATES = {
    "Convicted": "var(--went-on)",
    "Still open": "var(--open)",
    "Ended another way": "var(--ended)",
    "Lost": "var(--lost)",
    "[c] hidden": "var(--hidden)",
    "[x] not available": "var(--hidden)",
}
OUTCOMES = {"Went on": "var(--went-on)", "Lost": "var(--lost)", "Ended another way": "var(--ended)"}
_FONT = 'system-ui, "Segoe UI", Arial, sans-serif'
# On a narrow screen a step is written in two lines.
_STEP_IN_LINES = "width < 420 ? [split(datum.label, ' to ')[0], 'to ' + split(datum.label, ' to ')[1]] : datum.label"
_INK, _QUIET, _RULE = "var(--ink)", "var(--quiet)", "var(--rule)"
# Libraries carry these addresses in their messages; the page never uses them, and it shall hold none.
_ADDRESSES = (
    "https://vega.github.io/editor/",
    "https://vega.github.io/schema/vega/v6.json",
    "https://github.com/vega/vega-lite/issues/2415",
)

Specification = dict[str, Any]


@cache
def chart_library() -> str:
    """The JavaScript that draws Vega specifications, without outside addresses."""
    import vl_convert

    text: str = vl_convert.javascript_bundle("window.vegaEmbed=vegaEmbed;")
    for address in _ADDRESSES:
        text = text.replace(address, "")
    # Nothing in it may end the script element that holds it.
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


@cache
def chart_specifications() -> str:
    """All charts as JSON: states, same_age, comparison, curve."""
    charts = {"states": _states(), "same_age": _same_age(), "comparison": _comparison(), "curve": _curve()}
    return json.dumps(charts, sort_keys=True, separators=(",", ":"))


def _finished(chart: Any) -> Specification:
    """The Vega specification of an Altair chart: as wide as its place on the page, with empty rows."""
    import vl_convert

    chart = chart.properties(
        width="container",
        background="transparent",
        autosize={"type": "fit-x", "contains": "padding", "resize": True},
        padding={"left": 2, "right": 8, "top": 4, "bottom": 4},
    ).configure(
        font=_FONT,
        axis={
            "labelColor": _QUIET, "titleColor": _QUIET, "gridColor": _RULE, "domainColor": _RULE, "tickColor": _RULE,
            "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "labelLimit": 240,
        },
        view={"stroke": None},
    )  # fmt: skip
    specification: Specification = vl_convert.vegalite_to_vega(chart.to_dict())
    specification.pop("$schema", None)
    return specification


def _rows() -> Any:
    import altair

    return altair.NamedData(name="rows")


def _colours(field: str, colours: dict[str, str]) -> Any:
    import altair

    # The page has the key in words beside the chart, where it can wrap and be read aloud.
    return altair.Color(f"{field}:N").scale(domain=list(colours), range=list(colours.values())).legend(None)


def _states() -> Specification:
    """Columns: period, state, cases, order. One bar a period, its parts the states of the recorded cases."""
    import altair

    return _finished(
        altair.Chart(_rows(), height=260)
        .mark_bar(stroke="var(--ground)", strokeWidth=1)
        .encode(
            x=altair.X("period:O").sort(None).title(None).axis(labelAngle=-40, labelOverlap=False),
            y=altair.Y("cases:Q").title("Cases recorded").stack("zero"),
            color=_colours("state", STATES),
            order=altair.Order("order:Q"),
        )
    )


def _same_age() -> Specification:
    """Columns: period, rate, low, high; rate is null where the period is not usable yet."""
    import altair

    base = altair.Chart(_rows(), height=240).encode(
        x=altair.X("period:O").sort(None).title(None).axis(labelAngle=-40, labelOverlap=False)
    )
    usable = base.transform_filter("isValid(datum.rate)")
    title = "Share of crimes recorded"
    scale = altair.Scale(zero=True, nice=True)
    limits = usable.mark_rule(strokeWidth=2, color="var(--went-on)").encode(
        y=altair.Y("low:Q").title(title).axis(format=".0%").scale(scale), y2="high:Q"
    )
    points = usable.mark_point(filled=True, size=70, opacity=1, color="var(--went-on)").encode(y="rate:Q")
    missing = base.transform_filter("!isValid(datum.rate)").mark_text(
        text="[x]", color=_INK, fontSize=13, baseline="bottom", dy=-4
    )
    return _finished(altair.layer(limits, points, missing.encode(y=altair.datum(0))))


def _comparison() -> Specification:
    """Columns: step, group, low, soFar, most, high. A bar from so far to at most, a line from limit to limit."""
    import altair

    base = altair.Chart(_rows(), height=altair.Step(22)).encode(
        y=altair.Y("step:N").sort(None).title(None).axis(labelExpr=_STEP_IN_LINES, labelLimit=260, labelColor=_INK),
        yOffset=altair.YOffset("group:N").sort(None),
        color=altair.Color("group:N").sort(None).scale(range=["var(--first)", "var(--second)"]).legend(None),
    )  # fmt: skip
    x = altair.X("low:Q").title("Share that went on").axis(format=".0%").scale(domain=[0, 1])
    limits = base.mark_rule(strokeWidth=2).encode(x=x, x2="high:Q")
    # A bar from a rate to the same rate would not be seen.
    bars = base.mark_bar(height=10, stroke="var(--ground)", strokeWidth=0).encode(x=altair.X("soFar:Q"), x2="shownTo:Q")
    return _finished(altair.layer(limits, bars))


def _curve() -> Specification:
    """Columns: day, outcome, share, low, high; low and high only for the cases that went on."""
    import altair

    base = altair.Chart(_rows(), height=240).encode(
        x=altair.X("day:Q").title("Days since the earlier stage").axis(tickMinStep=1, format="d"),
        color=_colours("outcome", OUTCOMES),
    )
    band = (
        base.transform_filter("isValid(datum.low)")
        .mark_area(interpolate="step-after", opacity=0.25)
        .encode(y=altair.Y("low:Q").title("Share of cases").axis(format=".0%").scale(zero=True), y2="high:Q")
    )
    lines = base.mark_line(interpolate="step-after", strokeWidth=2.5).encode(
        y="share:Q",
        strokeDash=altair.StrokeDash("outcome:N")
        .scale(domain=list(OUTCOMES), range=[[1, 0], [6, 3], [2, 2]])
        .legend(None),
    )
    return _finished(altair.layer(band, lines))
