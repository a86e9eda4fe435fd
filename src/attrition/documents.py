"""The documents that are derived: data dictionary, lineage of the models, command reference.

`python -m attrition.documents` writes them into docs/; a test finds stale ones.
"""

import argparse
from pathlib import Path

from attrition import reference, resources
from attrition.contract import Column, load_contracts
from attrition.models import INPUTS, all_models

_MADE = "<!-- Made by `python -m attrition.documents`; edit the source that it names instead. -->\n"


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _type(column: Column) -> str:
    if column.codes:
        return f"code of list `{column.codes}`"
    if column.type == "integer":
        return f"whole number {column.minimum} to {column.maximum}"
    if column.pseudonym:
        return (
            "text, replaced by a pseudonym of its force"
            if column.pseudonym.within_force
            else "text, replaced by a pseudonym"
        )
    return {"yes_no": "Y or N", "date": "date", "force": "code of list `force`"}.get(column.type, column.type)


def data_dictionary() -> str:
    """Every column of every extract, and every code list, from the contracts and the reference data."""
    parts = [
        "# Data dictionary\n",
        _MADE,
        "Columns marked * are required: a row without them cannot be counted and is quarantined. "
        "The source is `expectations/contracts/`.\n",
    ]
    for contract in load_contracts().values():
        parts.append(f"## {contract.extract}: {contract.title}\n")
        parts.append(
            f"Version {contract.version}. Owner: {contract.owner}. Grain: {contract.grain}. "
            f"Key: {', '.join(contract.key) or 'none'}.\n"
        )
        parts.append("\n".join(f"- {caveat}" for caveat in contract.caveats) + "\n")
        parts.append(
            _table(
                ("column", "type", "sensitivity", "meaning"),
                [
                    (
                        c.name + ("*" if c.required else ""),
                        _type(c),
                        c.sensitivity,
                        " ".join(filter(None, (c.description, c.caveat))),
                    )
                    for c in contract.columns.values()
                ],
            )
        )
    parts.append("## Code lists\n")
    for name in sorted({c.codes for k in load_contracts().values() for c in k.columns.values() if c.codes}):
        rows = (
            reference.rows(name)
            if name in reference.TABLES
            else [r for r in reference.rows("code_list") if r["list"] == name]
        )
        parts.append(f"### {name}\n")
        parts.append(_table(("code", "label"), [(row["code"], row["label"]) for row in rows]))
    return "\n".join(parts)


def lineage() -> str:
    """Every model: what it is, what it reads, its grain."""
    parts = ["# Lineage of the models\n", _MADE, f"Inputs: {', '.join(f'`{name}`' for name in INPUTS)}.\n"]
    models = all_models()
    for layer in ("staging", "linkage", "case", "funnel", "volume", "checks", "publication"):
        parts.append(f"## {layer}\n")
        parts.append(
            _table(
                ("model", "grain", "reads", "purpose"),
                [
                    (f"`{m.name}`", ", ".join(m.grain), ", ".join(sorted(m.reads)), m.purpose)
                    for m in models.values()
                    if m.layer == layer
                ],
            )
        )
    return "\n".join(parts)


def command_reference() -> str:
    """The help of every verb."""
    import os

    from attrition.cli import parser

    os.environ["COLUMNS"] = "100"
    top = parser()
    parts = ["# Commands\n", _MADE, f"```\n{top.format_help()}```\n"]
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, verb in action.choices.items():
                parts.append(f"## attrition {name}\n\n```\n{verb.format_help()}```\n")
    return "\n".join(parts)


DOCUMENTS = {"data-dictionary.md": data_dictionary, "lineage.md": lineage, "commands.md": command_reference}


def write_documents(folder: Path) -> None:
    """Writes every derived document into a folder."""
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write_documents(resources.path("docs"))
