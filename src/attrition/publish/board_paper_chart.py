"""The one chart of the board paper, as a picture, and its words for those who do not see it. Only figures that are shown are drawn."""

from attrition.publish.finding import LOSING, PaperRows
from attrition.publish.headline import Row
from attrition.publish.report_figures import is_shown
from attrition.publish.workbook_labels import stage_in_brief

# State, what it is called, colour of the Analysis Function. Lost stands beside what went on: the eye compares these two.
STATES = (
    ("progressed", "Went on", "#12436D"),
    ("lost", "Lost", "#F46A25"),
    ("open", "Still open", "#28A197"),
    ("resolved", "Ended another way", "#3D3D3D"),
)
_INK = "#3D3D3D"
# The library brings this font along, so the picture does not depend on what a machine has.
_FONT = "Liberation Sans"
# The picture is this wide and high in points of the screen, and has this many of its own for each.
_WIDTH, _ROW, _SCALE = 480, 22, 3


def drawn(rows: PaperRows) -> list[Row]:
    """The stages that have a bar, from recorded on: those of which the feeds tell what became of their cases."""
    return [
        rows.stages[stage]
        for stage in LOSING
        if rows.step_known(stage) and any(is_shown(rows.stages[stage][state]) for state, _, _ in STATES)
    ]


def has_hidden(rows: PaperRows) -> bool:
    """Whether a state of a stage that has a bar is not shown."""
    return any(not is_shown(row[state]) for row in drawn(rows) for state, _, _ in STATES)


def chart_png(rows: PaperRows) -> bytes:
    """What became of the cases at each stage, as bars; the same rows always give the same bytes."""
    import altair
    import vl_convert

    stages = drawn(rows)
    values = [
        {"stage": stage_in_brief(row["stage"]), "state": name, "place": place, "cases": row[state]}
        for row in stages
        for place, (state, name, _) in enumerate(STATES)
        if is_shown(row[state])
    ]
    names, colours = [name for _, name, _ in STATES], [colour for _, _, colour in STATES]
    chart = (
        altair.Chart(altair.InlineData(values=values))
        .mark_bar(stroke="white", strokeWidth=1)
        .encode(
            x=altair.X("cases:Q", title="Cases (incidents)", stack="zero", axis=altair.Axis(format=",d", tickMinStep=1)),
            y=altair.Y("stage:N", title=None, sort=[stage_in_brief(row["stage"]) for row in stages], axis=altair.Axis(ticks=False)),
            color=altair.Color(
                "state:N", title=None, sort=names, scale=altair.Scale(domain=names, range=colours), legend=altair.Legend(orient="top")
            ),
            order=altair.Order("place:Q"),
        )
        .properties(width=_WIDTH, height=_ROW * len(stages))
        .configure(
            font=_FONT,
            axis={"labelColor": _INK, "titleColor": _INK, "labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal",
                  "gridColor": "#D9D9D9", "domain": False, "labelLimit": 220},
            legend={"labelColor": _INK, "labelFontSize": 11, "symbolType": "square"},
            view={"stroke": None},
        )
    )  # fmt: skip
    picture: bytes = vl_convert.vegalite_to_png(chart.to_dict(), scale=_SCALE)
    return picture


def in_words(rows: PaperRows) -> str:
    """The chart as text: every number that it draws."""
    bars = []
    for row in drawn(rows):
        parts = [
            f"{name.lower()} {row[state]:,}" if is_shown(row[state]) else f"{name.lower()} not shown"
            for state, name, _ in STATES
        ]
        bars.append(f"{stage_in_brief(row['stage'])}: {', '.join(parts)}")
    return f"Bar chart of what became of the cases that reached each stage. {'; '.join(bars)}."
