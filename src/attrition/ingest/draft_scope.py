"""The lines of a draft about whole rows: which are in scope, and which of them make one contract row."""

from attrition.contract import Contract
from attrition.ingest.draft_columns import SourceColumn
from attrition.ingest.draft_matching import Match
from attrition.ingest.draft_vocabulary import YES
from attrition.ingest.draft_writing import quoted, sql_text


def _told(source: SourceColumn) -> str:
    """The condition that a row has a value in the column."""
    if not source.blanks:
        return f"{quoted(source)} is not null"
    listed = ", ".join("'" + text.replace("'", "''") + "'" for text in sorted(source.blanks))
    return f"lower({quoted(source)}) not in ({listed})"


def scope_lines(contract: Contract, matches: dict[str, Match]) -> list[str]:
    """`where`: rows without the reference that their extract hangs on are left out; that rows of other crime are is proposed."""
    lines: list[str] = []
    hangs_on = {"investigation": ["crime_ref"], "cps": ["urn", "defendant_id"]}.get(contract.extract, [])
    lacking = [
        source for name in hangs_on if name in matches for source in matches[name].sources[:1] if source.empty
    ]  # fmt: skip
    kept = " and ".join(_told(source) for source in lacking)
    flag = matches["is_hate"].sources[0] if "is_hate" in matches else None
    if flag and not set(flag.counts) <= YES:
        yes = ", ".join(f"'{text}'" for text in sorted(set(flag.counts) & YES) or ["y"])
        asked = f"lower({quoted(flag)}) in ({yes})" + (f" and {kept}" if kept else "")
        no_hate = sum(count for text, count in flag.counts.items() if text not in YES) + flag.empty
        instead = ", in place of the other" if kept else ""
        lines.append(
            f"# check: {no_hate} of the rows looked at are no hate crime; the line # where leaves them out of scope{instead}"
        )
        lines.append(f"# where = {sql_text(asked)}")
    if kept:
        lines.append("# check: rows without the reference are out of scope")
        lines.append(f"where = {sql_text(kept)}")
    return lines or ["# where = '\"Column\" is not null'  # only rows for which this is true are counted"]


def one_row_lines(contract: Contract, matches: dict[str, Match]) -> list[str]:
    """A proposal to roll up where several rows have the reference that should be on one."""
    # Where the file has no other, a crime's reference is the incident's too.
    told = (matches.get("incident_id") or matches.get("crime_ref")) if contract.extract == "incident" else None
    source = told.sources[0] if told else None
    if source is None or "victim_no" in matches or source.filled <= len(source.counts):
        return []
    # Whatever row tells a motive, the record has it; a date that dates a code comes from its row.
    rules = ['reported_date = "earliest"']
    for column in contract.columns.values():
        if (
            column.type == "yes_no"
            and column.name.startswith("hate_")
            and (column.name in matches or "strands" in matches)
        ):
            rules.append(f'{column.name} = "any"')
        if {column.name, date := column.needs_date or column.dated_by} <= set(matches):
            rules.append(f'{date} = "with {column.name}"')
    more = source.filled - len(source.counts)
    return [
        f"# check: {more} rows have the reference of another row. If these are more victims, map victim_no. If they are offences,",
        "# suspects or arrests, they make one row; say for each column whose value wins (the guide: Several rows, one record)",
        '# one_row_per = ["force", "incident_id"]',
        f'# roll_up = {{ {", ".join(rules)}, others = "first" }}',
    ]
