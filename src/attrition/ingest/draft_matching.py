"""Which column of a file fits which contract column best, and which extracts a file can feed.

Scores names first, then looks whether the values suit. Writes nothing.
"""

from dataclasses import dataclass, field
from itertools import islice

from attrition.contract import EXTRACTS, Column, Contract, load_contracts
from attrition.ingest.draft_columns import SourceColumn
from attrition.ingest.draft_vocabulary import (
    NO,
    PERSONAL,
    ROLES,
    YES,
    guess_code,
    is_name_of,
    known_names,
    same_name,
    words_of,
)

# Columns that make a file worth a second feed: a flat incident table with the investigation beside it.
_OWN = {
    "incident": {"incident_id", "reported_date"},
    "investigation": {
        "suspect_id", "suspect_known", "suspect_identified_date", "investigating_unit", "victim_support",
        "file_submitted_date", "outcome_code", "outcome_date",
    },
    "cps": {"received_date", "decision", "decision_date", "first_hearing_date", "prosecution_outcome", "finalised_date"},
}  # fmt: skip
_TEXTS_TRIED = 40
_OF_CPS = ("cps", "cps_event")
# Columns that the police's and the CPS's feed of one file may both use.
_SHARED = {
    "force", "incident_id", "crime_ref", "urn", "asn", "suspect_id", "suspect_birth_year", "suspect_sex", "covers_to", "is_hate",
}  # fmt: skip


@dataclass
class Match:
    """What fills a contract column: source columns, and how sure that is."""

    sources: list[SourceColumn]
    exact: bool
    doubts: list[str] = field(default_factory=list)


def _suits(kind: str, name: str, source: SourceColumn, exact: bool) -> bool:
    """Whether the values may be those of the contract column."""
    if not source.counts:
        suits = name != "is_hate" and (not name.startswith(("hate_", "flag_")) or kind != "yes_no" or source.is_motive)
    elif name == "is_hate":
        suits = exact and source.is_yes_no
    elif kind == "date":
        suits = source.dates is not None or (exact and "date" in source.words)
    elif name.endswith("birth_year"):
        suits = source.is_number or source.dates is not None
    elif source.dates is not None:
        suits = exact and kind in ("text", "pseudonym")
    elif kind == "pseudonym" and source.is_list:
        suits = False
    elif kind == "yes_no":
        suits = source.is_yes_no or (exact and source.is_motive and name.startswith(("hate_", "flag_")))
    elif name == "strands":
        suits = not source.is_yes_no and (exact or source.of_strands > 0)
    else:
        suits = exact or kind != "integer" or source.is_number
    return suits


def match_columns(contract: Contract, sources: list[SourceColumn]) -> dict[str, Match]:
    """The source columns that fit each contract column (and suspect_known, strands, covers_to) best."""
    kinds = {name: column.type for name, column in contract.columns.items()} | {"covers_to": "date"}
    if contract.extract == "investigation":
        # A Yes/No that says only that there is a suspect; an incident's reference stands in for a crime's.
        kinds |= {"suspect_known": "yes_no", "incident_id": "text"}
    if contract.extract in ("incident", "cps"):
        kinds["strands"] = "text"
    if contract.extract == "incident":
        kinds |= {"victim_dob": "date"}
    # Of all crime, which is hate crime: says what is in scope, not of which strand.
    kinds["is_hate"] = "yes_no"
    ranked = []
    for order, (name, kind) in enumerate(kinds.items()):
        for place, source in enumerate(sources):
            score = _score(name, source.words)
            if score and _suits(kind, name, source, score >= 100) and not _is_anothers(contract, name, source, sources):
                ranked.append((-score, order, place, name))
    matches: dict[str, Match] = {}
    taken: set[int] = set()
    for score, _, place, name in sorted(ranked):
        exact = score <= -100
        if name in matches and not (exact and matches[name].exact and name.startswith("hate_")):
            continue
        if place not in taken:
            taken.add(place)
            matches.setdefault(name, Match([], exact)).sources.append(sources[place])
    _match_by_values(contract, [s for place, s in enumerate(sources) if place not in taken], matches)
    return matches


def _is_anothers(contract: Contract, name: str, source: SourceColumn, sources: list[SourceColumn]) -> bool:
    """Whether a header that several columns have in common (Result, Premises) stands above values of another one than this."""
    column = contract.columns.get(name)
    if column is None:
        return False
    dated = next((one for one in contract.columns.values() if one.needs_date == name), None)
    if dated:
        # The day of a result is whose the result is.
        about = set(source.words) - {"date"}
        beside = [s for s in sources if about and about <= set(s.words) and "date" not in s.words and not s.dates]
        nearest = min(beside, key=lambda s: len(s.words), default=None)
        return nearest is not None and _is_anothers(contract, dated.name, nearest, sources)
    if not source.counts or not (column.codes or column.type == "pseudonym"):
        return False
    known = {
        other.name: other
        for one in load_contracts().values()
        for other in one.columns.values()
        if (other.codes or other.type == "pseudonym") and is_name_of(source.words, other.name)
    }
    if column.type == "pseudonym":
        return not source.is_reference and any(other.codes for other in known.values())
    if any(other.type == "pseudonym" for other in known.values()):
        return source.is_reference
    told = {other.name: _codes_told(other, source) for other in known.values()}
    best = max(told.values(), default=-1)
    own = told.get(name, _codes_told(column, source))
    # Outcomes of police and courts in one column are the police's: the draft lists them all.
    return best > 2 * own or (name not in told and best >= own)


def _codes_told(column: Column, source: SourceColumn) -> int:
    """How many of the commonest different texts stand for a code of the column."""
    return sum(bool(guess_code(column, value)[0]) for value in islice(source.counts, _TEXTS_TRIED))


def _score(name: str, words: tuple[str, ...]) -> float:
    """How well a header fits a contract column's names: 100 and more for the same words, 0 for none."""
    best = 0.0
    for rank, known in enumerate(known_names(name)):
        if words and same_name(words, known):
            # Among names that fit alike the one that stands first in the list.
            best = max(best, 100 + 1 / (1 + rank))
        # A role alone says no more: "Suspect sex" is no suspect.
        elif set(known) - ROLES and set(known) < set(words) and not (set(words) - set(known)) & (ROLES | PERSONAL):
            best = max(best, 60 + 10 * len(known) - 5 * (len(words) - len(known)))
    return best


def _match_by_values(contract: Contract, free: list[SourceColumn], matches: dict[str, Match]) -> None:
    for column in contract.columns.values():
        if column.name in matches or not (column.codes or column.type == "force"):
            continue
        for source in [source for source in free if source.listable(column)]:
            # Small numbers and Yes/No stand in any list: they prove nothing.
            values = [value for value in source.counts if not value.isdigit() and value not in YES | NO]
            guesses = [guess_code(column, value) for value in values]
            known = {code for code, certain in guesses if code and certain}
            wrong_role = ROLES & set(source.words) - set(words_of(column.name))
            enough = len(known) > (0 if column.type == "force" else 1) and len(known) * 5 >= len(values) * 4
            if enough and not wrong_role:
                matches[column.name] = Match([source], False, ["chosen for its values"])
                free.remove(source)
                break
    dated = [s for s in free if s.dates and not PERSONAL & set(s.words) and not _is_known_date(s.words)]
    main = {"incident": "reported_date", "investigation": "outcome_date", "cps": "received_date"}.get(contract.extract)
    if main and main not in matches and len(dated) == 1:
        matches[main] = Match(dated, False, ["the only column of dates that is left"])


def _is_known_date(words: tuple[str, ...]) -> bool:
    """Whether a header is the name of a date of any extract: the day of a report is no day of an outcome."""
    return any(
        column.type == "date" and is_name_of(words, column.name)
        for contract in load_contracts().values()
        for column in contract.columns.values()
    )


def _tells_motive(matches: dict[str, Match]) -> bool:
    return any(name in ("strands", "is_hate") or name.startswith("hate_") for name in matches)


def match_extracts(sources: list[SourceColumn], file_name: str, extract: str | None) -> dict[str, dict[str, Match]]:
    """The extracts to draft with what fills their columns: the one that fits best and those that the same file can feed too;
    `extract` alone where it is given.
    """
    contracts = load_contracts()
    if extract:
        return {extract: match_columns(contracts[extract], sources)}
    matched = {name: match_columns(contract, sources) for name, contract in contracts.items()}
    words = set(words_of(file_name))

    def rank(name: str) -> tuple[int, int]:
        kept = {column: m for column, m in matched[name].items() if column not in ("covers_to", "force", "is_hate")}
        points = sum(3 if match.exact else 1 for match in kept.values())
        points += sum(4 if column in kept else -2 for column in contracts[name].required)
        points += 3 if set(words_of(name)) <= words else 0
        return points, -EXTRACTS.index(name)

    main = max(
        (name for name in EXTRACTS if name not in _OF_CPS or {"urn", "defendant_id"} <= set(matched[name])), key=rank
    )
    chosen = {main: matched[main]}
    if main in _OF_CPS:
        return chosen
    for other in ("incident", "investigation"):
        exact = {name for name, match in matched[other].items() if match.exact}
        own = exact & _OWN[other]
        if other == "incident" and "crime_ref" in exact and _tells_motive(matched[other]):
            own |= {"incident_id"}  # a crime's reference serves as the incident's
        if other != main and (own if other == "investigation" else own == _OWN[other]):
            chosen[other] = matched[other]
    # What the police feeds use says nothing of the CPS, apart from references and who the suspect is.
    used = {s.name for match in chosen.values() for name, m in match.items() if name not in _SHARED for s in m.sources}
    beside = match_columns(contracts["cps"], [source for source in sources if source.name not in used])
    proven = {name for name, match in beside.items() if match.exact} & _OWN["cps"]
    if {"urn", "defendant_id"} <= set(beside) and proven:
        chosen["cps"] = beside
    return dict(sorted(chosen.items(), key=lambda item: EXTRACTS.index(item[0])))
