"""How the quality page looks, in light and dark, on screen and paper. `{marking}` stands for the marking on printed pages."""

# Every colour of text stands with its ground in COLOURS, so that their contrast can be tested.
COLOURS = {
    "light": {
        "ground": "#ffffff", "panel": "#f3f5f7", "ink": "#16191d", "quiet": "#4d5661", "link": "#0b4f9e", "rule": "#c3cad2",
        "edge": "#6b7580", "critical": "#a3161c", "warning": "#7d4a00", "info": "#29527a", "line": "#0b4f9e", "bars": "#8a6d3b",
        "marking-ground": "#16191d", "marking-ink": "#ffffff", "demo-ground": "#fff1c9", "demo-ink": "#16191d",
        "heat-1": "#ffffff", "heat-2": "#fdf3d9", "heat-3": "#fbdfa8", "heat-4": "#f6bc78", "heat-5": "#ee9a62",
        "heat-ink": "#16191d",
    },
    "dark": {
        "ground": "#14171b", "panel": "#1f242a", "ink": "#eceff2", "quiet": "#b4bdc7", "link": "#8cc0ff", "rule": "#3d4650",
        "edge": "#8d98a4", "critical": "#ff9c97", "warning": "#f2bd6b", "info": "#9cc7f0", "line": "#8cc0ff", "bars": "#c9a25f",
        "marking-ground": "#eceff2", "marking-ink": "#14171b", "demo-ground": "#4a3a0c", "demo-ink": "#ffffff",
        "heat-1": "#14171b", "heat-2": "#332a12", "heat-3": "#513c15", "heat-4": "#6f4516", "heat-5": "#8a4517",
        "heat-ink": "#ffffff",
    },
}  # fmt: skip


def css_text(text: str) -> str:
    """Text inside a string of a style sheet: anything but plain letters by number."""
    plain = (
        letter if letter.isascii() and (letter.isalnum() or letter == " ") else f"\\{ord(letter):x} " for letter in text
    )
    return "".join(plain)


def _variables(mode: str) -> str:
    return " ".join(f"--{name}: {value};" for name, value in COLOURS[mode].items())


STYLE = f"""\
:root {{ color-scheme: light dark; {_variables("light")} }}
@media (prefers-color-scheme: dark) {{ :root {{ {_variables("dark")} }} }}
""" + """\
* { box-sizing: border-box; }
html { font: 100%/1.5 system-ui, "Segoe UI", Arial, sans-serif; color: var(--ink); background: var(--ground); }
body { margin: 0 auto; max-width: 78rem; padding: 0 1rem; overflow-wrap: break-word; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 1.25rem 0 0.25rem; }
h2 { font-size: 1.35rem; line-height: 1.25; margin: 0 0 0.75rem; }
h3 { font-size: 1.1rem; margin: 1.5rem 0 0.25rem; }
h4 { font-size: 1rem; margin: 0 0 0.4rem; }
p, ul, dl { margin: 0 0 0.75rem; }
p { max-width: 65rem; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
section { border-top: 1px solid var(--rule); padding-top: 1.5rem; margin-top: 2rem; }
#summary { border-top: 0; margin-top: 0; padding-top: 0.5rem; }
small { display: block; font-size: 0.8125rem; color: var(--quiet); }
.quiet { color: var(--quiet); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 0.5rem; background: var(--ground); padding: 0.5rem; }
.marking { background: var(--marking-ground); color: var(--marking-ink); font-weight: 700; text-align: center; padding: 0.4rem 0.75rem; margin: 0 -1rem; max-width: none; }
.made-up { background: var(--demo-ground); color: var(--demo-ink); font-weight: 700; text-align: center; padding: 0.4rem 0.75rem; margin: 0 -1rem; max-width: none; }
footer { margin-top: 2.5rem; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; padding: 0; }
nav a { display: inline-block; padding: 0.15rem 0; }
.lead { font-size: 1.2rem; line-height: 1.35; font-weight: 600; }
.notice { border-left: 4px solid var(--edge); padding: 0.25rem 0.75rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 12.5rem), 1fr)); gap: 0.75rem; }
.tile { background: var(--panel); border-left: 5px solid var(--edge); padding: 0.6rem 0.8rem; }
.tile.bad { border-color: var(--critical); }
.tile dt { color: var(--quiet); font-size: 0.9rem; }
.tile dd { margin: 0; }
.tile b { display: block; font-size: 1.9rem; line-height: 1.2; }
.tile.bad b { color: var(--critical); }
h3.severity.critical { color: var(--critical); }
h3.severity.warning { color: var(--warning); }
h3.severity.info { color: var(--info); }
article { background: var(--panel); border-left: 5px solid var(--edge); padding: 0.8rem; margin: 0 0 1rem; }
article.critical { border-color: var(--critical); }
article.warning { border-color: var(--warning); }
article.info { border-color: var(--info); }
article dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 0.25rem 1.5rem; }
article dt { font-size: 0.8125rem; color: var(--quiet); }
article dd { margin: 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 0.25rem 0; }
article caption { font-weight: 400; font-size: 0.8125rem; color: var(--quiet); }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.6rem 0.35rem 0; border-bottom: 1px solid var(--rule); font-weight: 400; }
thead th { font-size: 0.8125rem; color: var(--quiet); border-bottom: 1px solid var(--edge); vertical-align: bottom; }
.number { text-align: right; }
.stacks { margin-bottom: 1rem; }
.short { width: auto; min-width: min(100%, 30rem); }
article .stacks { margin-bottom: 0; table-layout: fixed; }
article .stacks tbody tr:last-child > * { border-bottom: 0; }
article .stacks thead th { width: 14%; }
article .stacks thead th:first-child { width: 26%; }
article .stacks thead th:nth-child(4) { width: 30%; }
.scrolls { overflow-x: auto; margin-bottom: 1.25rem; overflow-wrap: normal; }
.scrolls caption span { display: inline-block; position: sticky; left: 0; max-width: min(100%, calc(100vw - 2rem)); }
.scrolls thead th { white-space: nowrap; }
.scrolls thead th:not(:first-child), .scrolls td { text-align: right; padding-left: 0.6rem; }
.heat { width: auto; }
.heat th:first-child { position: sticky; left: 0; min-width: 7rem; max-width: 12rem; background: var(--ground); }
.heat td { white-space: nowrap; border: 1px solid var(--rule); padding: 0.25rem 0.5rem; }
.heat td small { color: inherit; }
.heat td b { font-weight: 600; }
.heat-1, .heat-2, .heat-3, .heat-4, .heat-5 { color: var(--heat-ink); }
.heat-1 { background: var(--heat-1); }
.heat-2 { background: var(--heat-2); }
.heat-3 { background: var(--heat-3); }
.heat-4 { background: var(--heat-4); }
.heat-5 { background: var(--heat-5); }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0.35rem; padding: 0; font-size: 0.8125rem; }
.legend li { border: 1px solid var(--edge); padding: 0.1rem 0.5rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); gap: 1rem 1.5rem; align-items: start; }
figure { margin: 0; border: 1px solid var(--rule); padding: 0.75rem; min-width: 0; }
figcaption p { margin: 0 0 0.25rem; font-size: 0.875rem; }
svg { display: block; width: 100%; height: auto; }
svg text { font-size: 11px; fill: var(--quiet); }
.grid line { stroke: var(--rule); }
.bars { fill: var(--bars); }
.line { fill: none; stroke: var(--line); stroke-width: 2; stroke-linejoin: round; }
circle { fill: var(--line); }
summary { cursor: pointer; color: var(--link); padding: 0.2rem 0; }
@media (max-width: 46rem) {
body { overflow-wrap: anywhere; }
.short { width: 100%; }
.stacks, .stacks tbody, .stacks tr, .stacks th, .stacks td, .stacks caption { display: block; }
.stacks thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.stacks tr { border-top: 1px solid var(--edge); padding: 0.4rem 0; }
.stacks th, .stacks td { border: 0; padding: 0.1rem 0; text-align: left; }
.stacks td { display: grid; grid-template-columns: 6.5rem minmax(0, 1fr); gap: 0 0.5rem; }
.stacks td > * { grid-column: 2; }
.stacks td::before { content: attr(data-label); color: var(--quiet); font-size: 0.8125rem; grid-row: 1 / span 3; }
}
@media print {
@page { size: A4 landscape; margin: 18mm 12mm; @top-center { content: "{marking}"; } @bottom-center { content: "{marking}"; } @bottom-right { content: counter(page); } }
:root { LIGHT }
html { font-size: 9pt; }
body { max-width: none; padding: 0; }
nav, .skip { display: none; }
* { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
article, figure, tr { break-inside: avoid; }
h2, h3, h4, caption { break-after: avoid; }
.scrolls { overflow: visible; }
.heat { font-size: 6pt; }
.heat td { padding: 0.1rem 0.2rem; }
.heat small, .heat thead th { font-size: 5.5pt; }
details:not([open]) { display: none; }
.scrolls thead th { white-space: normal; }
}
""".replace("LIGHT", _variables("light"))
