"""How the report looks: the style of the quality page, the colours of its charts, and what the report adds.

The colours are the Analysis Function's in light; it has none for a dark ground, so dark takes lighter ones of the same hues.
"""

from importlib import resources

from attrition.publish.quality_style import STYLE, css_text

# Every colour of a bar, line or point, by what it stands for; tested for contrast with the ground of its mode.
CHART_COLOURS = {
    "light": {
        "went-on": "#12436D", "open": "#A285D1", "ended": "#28A197", "lost": "#801650", "hidden": "#3D3D3D",
        "first": "#12436D", "second": "#F46A25",
    },
    "dark": {
        "went-on": "#6BACE6", "open": "#C9B6EA", "ended": "#28A197", "lost": "#DE7FB0", "hidden": "#B4BDC7",
        "first": "#6BACE6", "second": "#F46A25",
    },
}  # fmt: skip


def _variables(mode: str) -> str:
    return " ".join(f"--{name}: {value};" for name, value in CHART_COLOURS[mode].items())


def style(marking: str) -> str:
    """The style sheet; the marking stands on every printed page."""
    asset = resources.files("attrition.publish") / "assets" / "report" / "report.css"
    colours = (
        f":root {{ {_variables('light')} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {_variables('dark')} }} }}\n"
        f"@media print {{ :root {{ {_variables('light')} }} }}\n"
    )
    return STYLE.replace("{marking}", css_text(marking)) + colours + asset.read_text(encoding="utf-8")
