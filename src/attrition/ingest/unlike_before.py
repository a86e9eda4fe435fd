"""What is worth a look where a delivery tells otherwise than those before it: a record reported on quite another day, a crime of
which fewer rows came, a column that tells many records otherwise, has values or forms that never came or has one of them far more or
less often, records that are left out or withdrawn.
"""

from typing import TYPE_CHECKING

from attrition.contract import load_contract
from attrition.ingest.conform import name, same

if TYPE_CHECKING:
    import duckdb

    from attrition.contract import Contract

_LEAST_CHANGED, _LEAST_SHARE = 10, 0.1
"""From so many records, and such a share of those that tell the column both times, on a column's values have changed."""
_LEAST_LOST, _LEAST_LOST_SHARE = 3, 0.2
"""From so many records, and such a share of those that told the column, on its values are lost: seldom is one taken back."""


def find_unlike_before(connection: "duckdb.DuckDBPyConnection", extract: str, loads: tuple[int, ...]) -> None:
    """Keeps a finding for each of these ways in which the loads of a delivery are unlike what was loaded before."""
    listed = ", ".join(map(str, loads))
    _find_replaced(connection, extract, loads)
    now, rows, earlier = _enough(connection, extract, loads)
    # What takes many rows to be found is not looked for among few.
    for find, least_rows in (
        (_find_unseen, _LEAST_CHANGED),
        (_find_spelt_anew, _LEAST_CHANGED),
        (_find_numbered_anew, _LEAST_CHANGED),
        (_find_shifted, _LEAST_TOLD),
    ):
        if earlier and rows >= least_rows:
            find(connection, extract, now, ", ".join(map(str, earlier)))
    _find_withdrawn(connection, extract, loads)
    for place, source, last in connection.execute(
        f"SELECT place, any_value(source), max(load_id) FROM load WHERE load_id IN ({listed}) GROUP BY place ORDER BY place"
    ).fetchall():
        _find_left_out(connection, extract, place, source, last)


def _find_replaced(connection: "duckdb.DuckDBPyConnection", extract: str, loads: tuple[int, ...]) -> None:
    """Keeps a finding for each row by which these loads replaced another so, or by which later ones replace theirs."""
    contract = load_contract(extract)
    table = f"{extract}_version"
    new = ", ".join(str(load) for load in loads)
    replaced = f"v.replaced_by IS NOT NULL AND v.replaced_by <> v.load_id AND (v.replaced_by IN ({new}) OR v.load_id IN ({new}))"
    if not connection.execute(f"SELECT 1 FROM {table} AS v WHERE {replaced} LIMIT 1").fetchone():
        return
    _find_changed(connection, contract, replaced)
    if "reported_date" in contract.columns:
        connection.execute(
            f"INSERT INTO finding SELECT DISTINCT n.load_id, n.line, 'replaced_far_apart', NULL FROM {table} AS v "
            f"JOIN {table} AS n ON n.load_id = v.replaced_by AND {same(contract, 'v', 'n', contract.key)} WHERE {replaced} "
            "AND least(v.reported_date, n.reported_date) + INTERVAL 1 YEAR <= greatest(v.reported_date, n.reported_date)"
        )
    if not contract.key:
        by = ", ".join(f"v.{name(c)}" for c in contract.replaced_by)
        connection.execute(
            f"INSERT INTO finding WITH old AS (SELECT {by}, newer.place, count(*) AS times FROM {table} AS v "
            "JOIN load ON load.load_id = v.load_id JOIN load AS newer ON newer.load_id = v.replaced_by "
            f"WHERE {replaced} AND load.place <> newer.place GROUP BY {by}, newer.place), "
            f"now AS (SELECT {by}, load.place, count(*) AS times, arg_min(v.load_id, v.line) AS load_id, min(v.line) AS line "
            f"FROM {table} AS v JOIN load ON load.load_id = v.load_id WHERE load.extract = '{extract}' AND load.state = 'loaded' "
            f"AND v.replaced_by IS DISTINCT FROM v.load_id AND load.place IN (SELECT place FROM old) GROUP BY {by}, load.place) "
            "SELECT now.load_id, now.line, 'fewer_rows', NULL FROM old JOIN now ON old.place = now.place "
            f"AND {same(contract, 'old', 'now', contract.replaced_by)} WHERE old.times > now.times"
        )


def _find_changed(connection: "duckdb.DuckDBPyConnection", contract: "Contract", replaced: str) -> None:
    """Keeps a finding for each load and column that tells many records otherwise than before, and for each that no longer tells many.
    Of sets only those are looked at that had one row and have one."""
    table = f"{contract.extract}_version"
    by = contract.key or contract.replaced_by
    columns = [column for column in contract.columns if column not in by]
    # Of codes those count that are not the commonest both times: a flag is seldom set, and seldom it is that it slips.
    common = {at: f"usual_{at}" for at, c in enumerate(columns) if contract.columns[c].type in ("yes_no", "code")}
    counts = ", ".join(
        f"count(*) FILTER (WHERE before_{at} IS NOT NULL AND now_{at} IS NOT NULL"
        + (f" AND NOT (before_{at} = {usual} AND now_{at} = {usual})" if (usual := common.get(at)) else "")
        + f"), count(*) FILTER (WHERE before_{at} <> now_{at}), count(before_{at}), "
        f"count(*) FILTER (WHERE before_{at} IS NOT NULL AND now_{at} IS NULL)"
        for at in range(len(columns))
    )
    usual_codes = ", ".join(["0", *(f"mode(now_{at}) AS {usual}" for at, usual in common.items())])
    pairs = ", ".join(f"v.{name(c)} AS before_{at}, n.{name(c)} AS now_{at}" for at, c in enumerate(columns))
    told_again = (
        f"SELECT n.load_id, {pairs} FROM {table} AS v "
        f"JOIN {table} AS n ON n.load_id = v.replaced_by AND {same(contract, 'v', 'n', by)} WHERE {replaced}"
    )
    if not contract.key:
        told_again += (
            f" QUALIFY count(*) OVER (PARTITION BY v.replaced_by, {', '.join(f'v.{name(c)}' for c in by)}) = 1"
        )
    for load_id, *counted in connection.execute(
        f"WITH pair AS ({told_again}) SELECT load_id, {counts} FROM pair CROSS JOIN (SELECT {usual_codes} FROM pair) GROUP BY load_id"
    ).fetchall():
        of_columns = zip(columns, counted[::4], counted[1::4], counted[2::4], counted[3::4], strict=True)
        found = [
            (rule, column)
            for column, told, changed, told_before, lost in of_columns
            for rule, is_so in (
                ("values_changed", changed >= max(_LEAST_CHANGED, _LEAST_SHARE * told)),
                ("values_lost", lost >= max(_LEAST_LOST, _LEAST_LOST_SHARE * told_before)),
            )
            if is_so
        ]
        for rule, column in found:
            connection.execute(
                "INSERT INTO finding SELECT $load, NULL, $rule, $column EXCEPT SELECT * FROM finding",
                {"load": load_id, "rule": rule, "column": column},
            )


def _enough(
    connection: "duckdb.DuckDBPyConnection", extract: str, loads: tuple[int, ...]
) -> tuple[tuple[int, ...], int, list[int]]:
    """These loads, the last ones of their source before them where they alone have too few rows to be judged (a file a night), how
    many rows all of these brought, and the loads of the source that are left."""
    new = ", ".join(map(str, loads))
    counted = connection.execute(f"SELECT sum(accepted) FROM load WHERE load_id IN ({new})").fetchone()
    rows = int(counted[0] or 0) if counted else 0
    others = connection.execute(
        "SELECT load_id, accepted, place > (SELECT max(place) FROM load "
        f"WHERE load_id IN ({new})) FROM load WHERE state = 'loaded' AND extract = '{extract}' AND load_id NOT IN ({new}) "
        f"AND source = (SELECT min(source) FROM load WHERE load_id IN ({new})) ORDER BY place DESC, load_id DESC"
    ).fetchall()
    earlier = []
    for load, accepted, is_later in others:
        if rows < _LEAST_TOLD and not is_later:
            loads, rows = (load, *loads), rows + accepted
        else:
            earlier.append(load)
    return loads, rows, earlier


_LEAST_UNSEEN = 0.2


def _find_unseen(connection: "duckdb.DuckDBPyConnection", extract: str, loads: tuple[int, ...], earlier: str) -> None:
    """Keeps a finding for each column without a code list, and label, of which one row in five or more (and ten at least) has a
    value that no earlier delivery of the source had: another list, or another column's values."""
    contract = load_contract(extract)
    columns = [
        c
        for c, column in contract.columns.items()
        if column.type == "label" or (column.type == "code" and not column.codes)
    ]
    new = ", ".join(str(load) for load in loads)
    for column in columns:
        of = f"lower({name(column)}::VARCHAR)"
        connection.execute(
            f"INSERT INTO finding WITH seen AS (SELECT DISTINCT {of} AS value FROM {extract}_version WHERE load_id IN ({earlier}) "
            f"AND {of} IS NOT NULL), told AS (SELECT {of} AS value, count(*) AS rows FROM {extract}_version "
            f"WHERE load_id IN ({new}) AND {of} IS NOT NULL GROUP BY 1) "
            f"SELECT {loads[-1]}, NULL, 'values_unseen', '{column}' FROM told LEFT JOIN seen USING (value) "
            f"HAVING sum(rows) FILTER (seen.value IS NULL) >= greatest({_LEAST_CHANGED}, {_LEAST_UNSEEN} * sum(rows)) "
            "AND (SELECT count(*) FROM seen) > 0"
        )


_LOOKED_AT = 50_000


def _find_spelt_anew(
    connection: "duckdb.DuckDBPyConnection", extract: str, loads: tuple[int, ...], earlier: str
) -> None:
    """Keeps a finding for each reference of which one row in five or more (and ten at least) is of a form that no earlier delivery
    of the source had: the form is what stands where, however many figures or letters. Of very many rows every so many-th is looked at.
    """
    new = ", ".join(str(load) for load in loads)
    references = [c for c, column in load_contract(extract).columns.items() if column.type == "reference"]
    for column in references:
        form = f"regexp_replace(regexp_replace({name(column)}, '[0-9]+', '9', 'g'), '[A-Z]+', 'A', 'g')"
        connection.execute(
            f"INSERT INTO finding WITH told AS (SELECT load_id IN ({new}) AS is_new, {form} AS form, count(*) AS rows "
            f"FROM {extract}_version WHERE {name(column)} IS NOT NULL AND load_id IN ({new}, {earlier}) "
            f"AND line % (SELECT 1 + sum(accepted) // {_LOOKED_AT} FROM load WHERE load_id IN ({new})) = 0 GROUP BY ALL), "
            "both_times AS (SELECT form, sum(rows) FILTER (is_new) AS now, sum(rows) FILTER (NOT is_new) AS before FROM told GROUP BY form) "
            f"SELECT {loads[-1]}, NULL, 'references_of_another_form', '{column}' FROM both_times "
            f"HAVING sum(now) FILTER (before IS NULL) >= greatest({_LEAST_CHANGED}, {_LEAST_UNSEEN} * sum(now)) AND sum(before) > 0"
        )


def _find_numbered_anew(
    connection: "duckdb.DuckDBPyConnection", extract: str, loads: tuple[int, ...], earlier: str
) -> None:
    """Keeps a finding where one row in five of the incidents, and ten at least, tell a crime of a day of report that an earlier
    delivery told under another incident number, and under this one none did: each would count twice.
    """
    if extract != "incident":
        return
    new = ", ".join(str(load) for load in loads)
    told = (
        "SELECT DISTINCT force, crime_ref, reported_date, incident_id FROM incident_version WHERE crime_ref IS NOT NULL"
    )
    connection.execute(
        f"INSERT INTO finding WITH new AS ({told} AND load_id IN ({new})), "
        f"before AS ({told} AND load_id IN ({earlier}) AND (replaced_by IS NULL OR replaced_by IN ({new}))) "
        f"SELECT {loads[-1]}, NULL, 'crimes_numbered_anew', 'incident_id' FROM new ANTI JOIN before USING (force, incident_id) "
        "SEMI JOIN before AS same USING (force, crime_ref, reported_date) "
        f"HAVING count(*) >= greatest({_LEAST_CHANGED}, {_LEAST_UNSEEN} * (SELECT count(*) FROM new))"
    )


_LEAST_SHIFT, _LEAST_TOLD = 0.3, 40


def _find_shifted(connection: "duckdb.DuckDBPyConnection", extract: str, loads: tuple[int, ...], earlier: str) -> None:
    """Keeps a finding for each column of which some code's, label's or day's share is another, by three in ten or more, than among the rows
    that the source had in force: of forty rows that tell it, at least, both times. Of an incident no value is one, too: what is
    asked at the report is not told later.
    """
    contract = load_contract(extract)
    new = ", ".join(str(load) for load in loads)
    # Labels are one whatever their case.
    columns = {
        c: f"lower({name(c)}::VARCHAR)" if column.type == "label" else name(c)
        for c, column in contract.columns.items()
        if column.type in ("date", "label", "code") or column.code_list
    }
    standing = (
        f"SELECT load_id IN ({new}) AS is_new, {', '.join(name(c) for c in columns)} FROM {extract}_version "
        f"WHERE load_id IN ({new}, {earlier}) AND (load_id IN ({new}) OR replaced_by IS NULL OR replaced_by IN ({new}))"
    )
    for column, value in columns.items():
        told = "true" if extract == "incident" else f"{name(column)} IS NOT NULL"
        connection.execute(
            f"INSERT INTO finding WITH told AS (SELECT is_new, {value} AS value, count(*) AS rows FROM ({standing}) "
            f"WHERE {told} GROUP BY ALL), "
            "share AS (SELECT *, sum(rows) OVER of_time AS every, rows / sum(rows) OVER of_time AS share FROM told "
            "WINDOW of_time AS (PARTITION BY is_new)), "
            "both_times AS (SELECT value, coalesce(max(share) FILTER (is_new), 0) AS now, "
            "coalesce(max(share) FILTER (NOT is_new), 0) AS before FROM share GROUP BY value) "
            f"SELECT {loads[-1]}, NULL, 'values_shifted', '{column}' FROM both_times HAVING max(abs(now - before)) >= {_LEAST_SHIFT} "
            f"AND (SELECT min(every) FROM share) >= {_LEAST_TOLD} AND (SELECT count(DISTINCT is_new) FROM share) = 2"
        )


_LEAST_WITHDRAWN = 0.2


def _find_withdrawn(connection: "duckdb.DuckDBPyConnection", extract: str, loads: tuple[int, ...]) -> None:
    """Keeps a finding where a snapshot withdraws one in five of the rows, and ten at least, that its source had in force."""
    contract = load_contract(extract)
    new = ", ".join(str(load) for load in loads)
    told = connection.execute(f"SELECT bool_or(delivery = 'snapshot') FROM load WHERE load_id IN ({new})").fetchone()
    if not told or not told[0]:
        return
    members = contract.replaced_by or contract.key
    connection.execute(
        f"INSERT INTO finding SELECT {loads[-1]}, NULL, 'told_again_less', NULL FROM {extract}_version AS v "
        f"ANTI JOIN {extract}_version AS n ON n.load_id IN ({new}) AND {same(contract, 'v', 'n', members)} "
        f"WHERE v.replaced_by IN ({new}) AND v.load_id NOT IN ({new}) HAVING count(*) >= greatest({_LEAST_CHANGED}, "
        f"{_LEAST_WITHDRAWN} * (SELECT count(*) FROM {extract}_version WHERE replaced_by IN ({new}) AND load_id NOT IN ({new})))"
    )


_SOME_AGAIN, _PART_AGAIN = 0.2, 0.8


def _find_left_out(
    connection: "duckdb.DuckDBPyConnection", extract: str, place: int, source: str, last_load: int
) -> None:
    """Keeps a finding where the delivery at this place tells far fewer of the rows in force again than the one of the source before
    it did (a second delivery: than all): half of an export is missing. One that tells hardly any again holds new records only.
    """
    shares = connection.execute(
        "WITH told AS (SELECT l.place AS told_at, r.place AS replaced_at, count(*) AS rows "
        f"FROM {extract}_version AS v JOIN load AS l ON l.load_id = v.load_id LEFT JOIN load AS r ON r.load_id = v.replaced_by "
        "WHERE l.source = $source AND l.state = 'loaded' AND v.replaced_by IS DISTINCT FROM v.load_id GROUP BY ALL), "
        "newest AS (SELECT DISTINCT told_at AS place FROM told WHERE told_at <= $place ORDER BY place DESC LIMIT 2) "
        "SELECT sum(rows) FILTER (replaced_at = place) / sum(rows) FROM newest JOIN told "
        "ON told_at < place AND (replaced_at IS NULL OR replaced_at >= place) GROUP BY place ORDER BY place DESC",
        {"source": source, "place": place},
    ).fetchall()
    now, before, *_ = [*(share or 0.0 for (share,) in shares), 1.0, 1.0]
    if shares and _SOME_AGAIN <= now < _PART_AGAIN * before:
        connection.execute(f"INSERT INTO finding VALUES ({last_load}, NULL, 'told_again_less', NULL)")
