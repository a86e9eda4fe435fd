// Quarter by quarter: what became of the recorded cases, how many are open, and outcomes at the same age.

const PARTS = [["Convicted", "went-on"], ["Still open", "open"], ["Ended another way", "ended"], ["Lost", "lost"]];

/** What became of the cases recorded in a period: every one of them once. */
function partsOf(choice) {
  const funnel = funnelOf(choice);
  if (!funnel.length) return null;
  const before = funnel.slice(stageAt.recorded, LAST);
  const over = (name) => sum(before.map((row) => (row.known ? row[name] : "x")));
  const parts = { "Still open": over("open"), "Ended another way": over("resolved"), Lost: over("lost"), Convicted: sum([reached(funnel[LAST])]) };
  return { choice, recorded: reached(funnel[stageAt.recorded]), parts };
}

const partText = (part) => (part.missing ? "[x]" : !part.shown ? "[c]" : part.more ? `at least ${count(part.value)}` : count(part.value));

/** Periods of one kind for which a group has figures; for all cases where the group has none. */
function seriesOf(choice) {
  for (const of of [choice, { breakdown: breakdownOfAll, group: 0 }]) {
    for (const kind of ["quarter", "financial_year"]) {
      const found = data.periods.map((_, at) => at).filter((at) => data.periods[at].kind === kind)
        .map((period) => partsOf({ ...of, period })).filter(Boolean);
      if (found.length) return { kind, found, exact: of === choice, of };
    }
  }
  return { kind: "quarter", found: [], exact: true, of: choice };
}

function openShare({ recorded, parts }) {
  const open = parts["Still open"];
  if (open.missing) return "[x]";
  if (!open.shown || !isShown(recorded) || recorded === 0) return open.shown ? "[z]" : "[c]";
  return `${partText(open)} of ${count(recorded)} (${open.more ? "at least " : ""}${percent(open.value / recorded)})`;
}

function trendSummary({ kind, found }) {
  const word = kind === "quarter" ? "quarter" : "year";
  const last = found[found.length - 1];
  const ripe = found.filter(({ recorded, parts }) => {
    const open = parts["Still open"];
    return !open.missing && !open.more && open.shown && isShown(recorded) && recorded > 0 && open.value / recorded < 0.05;
  });
  const name = (one) => data.periods[one.choice.period].key;
  const first = `Of the cases recorded in ${name(last)}, the latest ${word} shown, ${openShare(last)} are still open.`;
  const settled = ripe.length ? ` In ${ripe.length} of ${found.length} ${word}s fewer than 5% are open (the latest of them: ${name(ripe[ripe.length - 1])}): these will change little.` : ` No ${word} shown is known to have fewer than 5% open cases.`;
  return `${first}${settled} A fall in convictions in a ${word} with many open cases is not a fall in justice done.`;
}

function showTrends(choice) {
  const series = seriesOf(choice);
  if (!series.found.length) {
    chart("states-chart", charts.states, []);
    fill("trends-content", paragraph("Nothing is published by quarter or year."));
    fill("trends-tables");
    return;
  }
  const drawn = series.found.flatMap(({ choice: { period }, recorded, parts }) => {
    const name = data.periods[period].key;
    const rows = PARTS.map(([state], order) => ({ period: name, state, order, cases: parts[state].missing ? 0 : parts[state].value }));
    const rest = isShown(recorded) ? recorded - rows.reduce((so_far, row) => so_far + row.cases, 0) : 0;
    const incomplete = Object.values(parts).filter((part) => part.missing || part.more || !part.shown);
    const mark = incomplete.some((part) => part.missing) ? "[x] not available" : "[c] hidden";
    return incomplete.length ? [...rows, { period: name, state: mark, order: PARTS.length, cases: Math.max(0, rest) }] : rows;
  });
  chart("states-chart", charts.states, drawn);
  const names = scope({ ...series.of, period: ALL_PERIODS < 0 ? 0 : ALL_PERIODS }).split(", ").slice(0, -1).join(", ");
  const incomplete = drawn.some((row) => row.order === PARTS.length);
  fill("trends-content", paragraph(`${names}, by ${series.kind === "quarter" ? "quarter" : "financial year"} of report`, "scope"),
    series.exact ? "" : paragraph(`${groupName(choice)} is not published by quarter or year. Shown instead: all cases.`, "notice"),
    paragraph(trendSummary(series), "told"), shorthand([trendSummary(series)]),
    keyOf([...PARTS.map(([state, look]) => [look, lower(state)]), ...(incomplete ? [["solid", "hidden or not available"]] : [])]));
  const rows = series.found.map((one) => [data.periods[one.choice.period].key, count(one.recorded), ...PARTS.map(([state]) => partText(one.parts[state])), openShare(one)]);
  fill("trends-tables", folded("trends", `What became of the cases recorded, ${names}, in incidents`, ["Period", "Recorded", ...PARTS.map(([state]) => state), "Share still open"], rows));
}

const ageSeries = { milestone: "" };

function ageRows(choice) {
  for (const of of [choice, { breakdown: breakdownOfAll, group: 0 }]) {
    const rows = data.periods.flatMap((period, at) => (period.kind ? tables.same_age.get(key(at, of.breakdown, of.group)) || [] : []));
    if (rows.length) return { rows, of, exact: of === choice };
  }
  return { rows: [], of: choice, exact: true };
}

function milestoneOptions(rows) {
  const found = [...new Map(rows.map((row) => [`${row.stage}|${row.window_days}`, row])).entries()].sort(([, a], [, b]) => a.stage - b.stage);
  if (!found.some(([name]) => name === ageSeries.milestone)) {
    const charged = found.find(([, row]) => row.stage === stageAt.charged) || found[0];
    ageSeries.milestone = charged ? charged[0] : "";
  }
  fill("milestone", found.map(([name, row]) => el("option", { value: name, selected: name === ageSeries.milestone }, milestone(row))));
}

function showSameAge(choice) {
  const { rows, of, exact } = ageRows(choice);
  milestoneOptions(rows);
  place("milestone-field").hidden = rows.length === 0;
  if (!rows.length) {
    chart("same-age-chart", charts.same_age, []);
    fill("same-age-content", paragraph("Outcomes at the same age are not published."));
    fill("same-age-tables");
    return "";
  }
  const here = rows.filter((row) => `${row.stage}|${row.window_days}` === ageSeries.milestone);
  const quarters = here.filter((row) => data.periods[row.period].kind === "quarter");
  const series = quarters.length ? quarters : here;
  const name = (row) => data.periods[row.period].key;
  // Without a period that can be used there is nothing to draw: the words and the table say from when there is.
  chart("same-age-chart", charts.same_age, (series.some((row) => isShown(row.rate)) ? series : []).map((row) => ({
    period: name(row), rate: isShown(row.rate) ? row.rate : null, low: isShown(row.rate_lower) ? row.rate_lower : null, high: isShown(row.rate_upper) ? row.rate_upper : null,
  })));
  const usable = series.filter((row) => isShown(row.rate));
  const waiting = series.filter((row) => !isShown(row.rate) && row.usable_from).sort((a, b) => (a.usable_from < b.usable_from ? -1 : 1));
  const label = lower(milestone(series[0]));
  let summary = usable.length ? `${groupName({ ...of })}: ${label} in ${name(usable[0])} ${ageRate(usable[0])}` : `No period can be used yet for “${label}”.`;
  if (usable.length > 1) {
    const [a, b] = [usable[0], usable[usable.length - 1]];
    summary += `; in ${name(b)}, the latest that can be used, ${ageRate(b)}: ${reading(ageEnds(a), ageEnds(b))}.`;
  } else if (usable.length) summary += ".";
  if (waiting.length) summary += ` Not yet old enough: ${waiting.map((row) => `${name(row)} (from ${dayInWords(row.usable_from)})`).join(", ")}.`;
  fill("same-age-content", exact ? "" : paragraph(`${groupName(choice)} is not published at the same age. Shown instead: all cases.`, "notice"), paragraph(summary, "told"));
  fill("same-age-tables", paragraph("Point: the share at that age. Line: its 95% interval. [x]: not all cases of the period are old enough yet.", "quiet"),
    folded("same-age", `${milestone(series[0])}, ${groupName(of)}`, ["Period", "Old enough", "Reached", "Share (95% interval)", "Can be used from"],
      series.map((row) => [name(row), count(row.old_enough), count(row.reached), withLimits(row, "rate"), isShown(row.rate) ? "now" : dayInWords(row.usable_from) || "[x]"])));
  return summary;
}
