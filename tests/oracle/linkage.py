"""Which investigation and CPS rows belong to which crime (SPEC section 3, Linking).

A crime is (force, crime_ref). Only rows in force take part; the as-at date plays no part in linking.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from oracle.reading import Row

Crime = tuple[str, str]


@dataclass
class Links:
    """Investigation rows and CPS rows by crime, and the CPS rows that meet none."""

    investigation: dict[Crime, list[Row]] = field(default_factory=lambda: defaultdict(list))
    cps: dict[Crime, list[Row]] = field(default_factory=lambda: defaultdict(list))
    unlinked: list[Row] = field(default_factory=list)
    findings: Counter[str] = field(default_factory=Counter)


def _of_force(crimes: set[Crime], force: str | None) -> set[Crime]:
    """Those of the row's force; all of them if the row names none."""
    return {crime for crime in crimes if force is None or crime[0] == force}


def link(rows: dict[str, list[Row]]) -> Links:
    """Links the rows in force."""
    links = Links()
    by_urn: dict[str, set[Crime]] = defaultdict(set)
    by_ref: dict[str, set[Crime]] = defaultdict(set)
    by_asn: dict[tuple[str, str], set[Crime]] = defaultdict(set)
    for row in rows["investigation"]:
        crime = (row["force"], row["crime_ref"])
        links.investigation[crime].append(row)
        by_ref[row["crime_ref"]].add(crime)
        if row["urn"] is not None:
            by_urn[row["urn"]].add(crime)
        if row["asn"] is not None:
            by_asn[row["asn"]].add(crime)
    for row in rows["incident"]:
        if row["incident_class"] == "crime":
            by_ref[row["crime_ref"]].add((row["force"], row["crime_ref"]))

    for row in rows["cps"]:
        crimes = _of_force(by_urn[row["urn"]], row["force"])
        if crimes:
            # A row that names no force may name a crime of each of two forces.
            crimes = {crime for crime in crimes if crime[1] == row["police_crime_ref"]} or crimes
            if len(crimes) > 1:
                links.findings["urn_shared"] += 1
        else:
            crimes = _without_urn([by_ref[row["police_crime_ref"]], by_asn[row["asn"]]], row["force"])
        for crime in crimes:
            links.cps[crime].append(row)
        if not crimes:
            links.unlinked.append(row)
    return links


def _without_urn(ways: list[set[Crime]], force: str | None) -> set[Crime]:
    """The crime that the first of the ways leads to, each only where it points to exactly one."""
    for crimes in ways:
        pointed = _of_force(crimes, force)
        if len(pointed) == 1:
            return pointed
    return set()
