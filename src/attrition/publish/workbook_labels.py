"""What stages, breakdowns and groups are called in the workbook, and their order: never by size."""

from functools import cache

from attrition import reference
from attrition.publish.headline import Row
from attrition.publish.workbook_sheets import plain_text

# The order of the five monitored strands in the contract.
STRANDS = ("race", "religion", "sexual_orientation", "disability", "transgender")
# The order of the census groups.
ETHNIC_GROUPS = ("white", "mixed", "asian", "black", "other")
# More groups of one breakdown than this do not go into the long sheets.
MOST_GROUPS = 60
LAST_GROUPS = ("not_business", "not_stated", "unknown")
_LABELS = {
    ("victim_ethnicity", "other"): "Other ethnic group",
    ("word_on_word", "Y"): "Word on word",
    ("word_on_word", "N"): "Not word on word",
    ("repeat_victim", "first"): "First incident of the victim",
    ("repeat_victim", "repeat"): "Repeat victim",
    ("hate_status", "hate"): "Hate crime cases",
    ("hate_status", "comparison"): "Ordinary crimes, for comparison",
}
# Lists that are tables of their own: the group is a code, people read the name. A code that is not listed shows as itself.
_NAMED_BY = {"force": "force", "local_authority": "local_authority", "offence_code": "offence"}
# These are named by codes or by the forces themselves: their spelling is theirs.
_AS_WRITTEN = {
    "area_command",
    "local_authority",
    "offence_code",
    "financial_year",
    "quarter",
    "victim_age_group",
    "religion_targeted",
}


@cache
def stage_label(stage: str) -> str:
    """The label of a stage; an unknown stage keeps its code."""
    return {row["stage"]: row["label"] for row in reference.rows("stage")}.get(stage, plain_text(stage))


def stage_in_brief(stage: str) -> str:
    """The label of a stage without its complement: Recorded, Referred."""
    return stage_label(stage).split(" as ")[0].split(" to ")[0]


def step_label(before: str, after: str) -> str:
    """The step from one stage to another: Recorded to suspect identified."""
    return f"{stage_in_brief(before)} to {stage_in_brief(after).lower()}"


@cache
def breakdown_label(breakdown: str) -> str:
    """The label of a breakdown; an unknown one keeps its code."""
    return {row["breakdown"]: row["label"] for row in reference.rows("breakdown")}.get(breakdown, plain_text(breakdown))


@cache
def _listed(code_list: str) -> dict[str, str]:
    if table := _NAMED_BY.get(code_list):
        return {row["code"]: row["label"] for row in reference.rows(table)}
    return {row["code"]: row["label"] for row in reference.rows("code_list") if row["list"] == code_list}


@cache
def force_label(force: str) -> str:
    """What a force is called; `all` is all of them, `unknown` a record without one."""
    if force in ("", "all"):
        return "All forces"
    return _label("force", force)


def _label(breakdown: str, group: str) -> str:
    if breakdown == "all":
        return "All cases"
    label = _LABELS.get((breakdown, group)) or _listed(breakdown).get(group)
    if label:
        return label
    if breakdown in _AS_WRITTEN and group != "unknown":
        return plain_text(group)
    return plain_text(group.replace("_", " ")[:1].upper() + group.replace("_", " ")[1:])


def group_labels(breakdown: str, group: str) -> tuple[str, ...]:
    """The label of a group, in as many parts as its breakdown has (hate strand by business type: two)."""
    parts = breakdown.split("*")
    groups = group.split("*", len(parts) - 1)
    return tuple(_label(of, part) for of, part in zip(parts, groups, strict=False))


def group_label(breakdown: str, group: str) -> str:
    """The label of a group in one piece (hate strand by business type: Race, Takeaway)."""
    return ", ".join(group_labels(breakdown, group))


@cache
def _positions(breakdown: str) -> dict[str, int]:
    known = {"strand": STRANDS, "victim_ethnicity": ETHNIC_GROUPS}.get(breakdown) or tuple(_listed(breakdown))
    listed = [group for group in known if group not in LAST_GROUPS]
    return {group: at for at, group in enumerate(listed)}


def group_order(breakdown: str, group: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key: the code list's order, then by name; not a business, not stated and unknown at the end."""
    parts = breakdown.split("*")
    key = []
    for of, part in zip(parts, group.split("*", len(parts) - 1), strict=False):
        if part in LAST_GROUPS:
            key.append((1, LAST_GROUPS.index(part), part))
        else:
            positions = _positions(of)
            key.append((0, positions.get(part, len(positions)), part))
    return tuple(key)


@cache
def _breakdown_positions() -> dict[str, int]:
    return {row["breakdown"]: at for at, row in enumerate(reference.rows("breakdown"))}


def row_order(row: Row) -> tuple[int, str, tuple[tuple[int, int, str], ...]]:
    """A sort key of a published row: its breakdown, then its group."""
    positions = _breakdown_positions()
    breakdown = row["breakdown"]
    return positions.get(breakdown, len(positions)), breakdown, group_order(breakdown, row["group"])


def long_breakdowns(rows: list[Row]) -> list[str]:
    """Breakdowns with so many groups that nobody reads a sheet of them; the published tables keep them."""
    groups: dict[str, set[str]] = {}
    for row in rows:
        groups.setdefault(row["breakdown"], set()).add(row["group"])
    return sorted(
        (breakdown for breakdown, found in groups.items() if len(found) > MOST_GROUPS),
        key=lambda breakdown: (_breakdown_positions().get(breakdown, len(groups)), breakdown),
    )


def left_out(breakdowns: list[str], table: str) -> tuple[str, ...]:
    """The line that says which breakdowns a sheet leaves out and where they are; nothing where it has all."""
    if not breakdowns:
        return ()
    named = ", ".join(breakdown_label(breakdown) for breakdown in breakdowns)
    return (f"Left out for their length: {named}. The file tables/{table}.csv has them.",)
