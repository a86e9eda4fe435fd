// How long steps take, the handover between police and CPS, what changed, and how good the data are.

const wayName = (row) => `${data.stages[row.stage].brief} to ${lower(data.stages[row.next_stage].brief)}`;
const stepOf = (row) => `${row.stage}|${row.next_stage}`;
const chosenStep = { name: "" };

function stepOptions(rows) {
  const found = [...new Map(rows.map((row) => [stepOf(row), row])).entries()];
  if (!found.some(([name]) => name === chosenStep.name)) chosenStep.name = found.length ? found[0][0] : "";
  place("step-field").hidden = found.length === 0;
  fill("step", found.map(([name, row]) => el("option", { value: name, selected: name === chosenStep.name }, wayName(row))));
}

function showTiming(choice) {
  const days = answer("days", choice);
  const curves = answer("curves", choice);
  stepOptions(curves.rows);
  const points = curves.rows.filter((row) => stepOf(row) === chosenStep.name);
  const outcomes = [["progressed", "Went on"], ["lost", "Lost"], ["resolved", "Ended another way"]];
  chart("curve-chart", charts.curve, points.flatMap((row) => outcomes.filter(([name]) => isShown(row[name])).map(([name, outcome]) => ({
    day: row.day, outcome, share: row[name], low: name === "progressed" && isShown(row.progressed_lower) ? row.progressed_lower : null, high: name === "progressed" && isShown(row.progressed_upper) ? row.progressed_upper : null,
  }))));
  const unit = days.rows.length ? days.rows[0].unit : "days";
  const typical = days.rows.filter((row) => isShown(row.median)).map((row) => `${wayName(row)}: half within ${nounAfter(row.median, unit.slice(0, -1), unit)}`);
  const last = points[points.length - 1];
  const curveTold = last ? `By day ${last.day} after the earlier stage (${lower(wayName(last))}), ${withLimits(last, "progressed")} had gone on, ${percent(last.lost)} were lost and ${percent(last.resolved)} had ended another way; the others were still open. (${scope(curves.choice)})` : "No curve is published.";
  fill("timing-content", scopeLine(days.choice), notExact(days, choice, "Times are"),
    paragraph(typical.length ? `Of the cases that made the step: ${typical.join("; ")}.` : "No times can be shown.", "told"),
    days.rows.length ? tableOf("timing", `Time from one stage to the next, ${scope(days.choice)}, in ${unit}`, ["Step", "Half within", "Three in four within", "Nine in ten within"], days.rows.map((row) => [wayName(row), count(row.median), count(row.p75), count(row.p90)])) : "");
  fill("curve-content", paragraph(curveTold, "told"), points.length ? keyOf([["went-on", "went on (with its 95% interval)"], ["lost", "lost"], ["ended", "ended another way"]]) : "");
  fill("curve-tables", points.length ? folded("curve", `${wayName(last)}, ${scope(curves.choice)}: share of cases by day`, ["Day", "Went on (95% interval)", "Lost", "Ended another way"], points.map((row) => [String(row.day), withLimits(row, "progressed"), percent(row.lost), percent(row.resolved)])) : "");
  return curveTold;
}

function showHandover(choice) {
  const found = answer("handover", choice);
  if (!found.rows.length) {
    fill("handover-content", scopeLine(choice), paragraph("Nothing is published on the handover."));
    return;
  }
  const base = found.rows[0].with_suspect;
  const looks = (label) => (/^Charged|^Authorised/.test(label) ? "went-on" : /still|no decision/.test(label) ? "open" : /another way|out of court/.test(label) ? "ended" : /ended by the police/.test(label) ? "mixed" : "lost");
  const shown = found.rows.filter((row) => isShown(row.cases));
  const told = shown.filter((row) => row.cases > 0).map((row) => `${lower(row.label)} ${count(row.cases)}`);
  const rounded = data.isRounded ? " Counts are rounded." : "";
  const summary = isShown(base) ? `Of ${count(base)} cases with a suspect identified: ${told.join("; ") || "nothing more can be shown"}.${rounded}` : `The number of cases with a suspect identified cannot be shown: [${base}].`;
  const rows = found.rows.map((row) => [row.label, count(row.cases), withLimits(row, "share")]);
  const mixed = found.rows.some((row) => looks(row.label) === "mixed") ? " “Ended by the police” holds cases that were lost and cases that ended another way." : "";
  fill("handover-content", scopeLine(found.choice), notExact(found, choice, "The handover is"),
    paragraph(summary, "told"), paragraph(`Cases that wait on one side are open, not lost.${mixed}`, "quiet"),
    el("ul", { class: "reasons wide" }, found.rows.map((row) => el("li", {}, el("span", {}, row.label),
      isShown(row.share) ? barOf([[looks(row.label), row.share]]) : el("div", { class: "bar none", "aria-hidden": "true" }, row.cases === "c" ? "hidden" : "not available"),
      el("b", {}, count(row.cases))))),
    shorthand(found.rows.map((row) => count(row.cases))),
    folded("handover", `Where cases with a suspect stand, ${scope(found.choice)}, in incidents`, ["Where", "Cases", "Share of those with a suspect (95% interval)"], rows));
}

const COLUMN_NAMES = { entered: "reached", progressed: "went on", open: "still open", resolved: "ended another way", lost: "lost", completed: "completed", step_rate: "went on so far", step_rate_max: "went on at most", rate_of_recorded: "share of recorded" };
const isRate = (row) => /rate/.test(row.column);

function showChanges(choice) {
  const all = [...tables.changes.values()].flat();
  if (!all.length) {
    fill("changes-content", paragraph(data.previous ? `No figure that is compared has changed since the publication ${data.previous}.` : "This is the first publication: there is nothing to compare it with.", "told"));
    return;
  }
  const mine = all.filter((row) => row.breakdown === choice.breakdown && row.group === choice.group);
  const shown = mine.length ? mine : all.filter((row) => row.breakdown === breakdownOfAll);
  const rows = shown.length ? shown : all;
  const write = (row, figure) => (isRate(row) ? percent(figure) : count(figure));
  const name = (row) => `${stageName(row.stage)}, ${COLUMN_NAMES[row.column] || row.column}`;
  const known = rows.filter((row) => isShown(row.before) && isShown(row.now));
  const [most] = [...known].filter((row) => !isRate(row)).sort((a, b) => Math.abs(b.now - b.before) - Math.abs(a.now - a.before));
  const since = data.previous ? ` since the publication ${data.previous}` : "";
  const moved = most ? ` The count that moved most: ${lower(name(most))}, ${groupName(most)}, ${periodName(most)}: from ${count(most.before)} to ${count(most.now)}.` : "";
  const difference = (row) => {
    if (!isShown(row.before) || !isShown(row.now)) return isShown(row.before) ? `[${row.now}]` : `[${row.before}]`;
    const by = row.now - row.before;
    const text = isRate(row) ? `${Math.abs(by * 100).toFixed(1)} points` : count(Math.abs(by));
    return by === 0 ? "0" : `${by > 0 ? "+" : "−"}${text}`;
  };
  fill("changes-content", mine.length ? scopeLine(choice) : paragraph(`${groupName(choice)}: no figure that is compared has changed. Shown instead: ${shown.length ? "all cases" : "what has"}.`, "notice"),
    paragraph(`${nounAfter(rows.length, "figure", "figures")} shown here changed${since}.${moved} Earlier periods change because open cases end and late records arrive.`, "told"),
    ...tableOf("changes", "What changed, in incidents", ["Figure", "Group", "Period", "Before", "Now", "Change"], rows.map((row) => [name(row), groupName(row), periodName(row), write(row, row.before), write(row, row.now), difference(row)]), { words: [0, 1, 2] }));
}

/** How far each feed reaches; and, for analysts, what is amiss with the data. These do not depend on the choice. */
function showData() {
  const short = data.feeds.filter((feed) => !feed.covered);
  const told = short.length ? `${nounAfter(short.length, "feed does", "feeds do")} not reach far enough: ${short.map((feed) => `${feed.extract}, ${feed.area} (${feed.coversTo || "[x]"}: ${feed.why})`).join("; ")}. ${MISSING}` : `Every feed reaches ${data.asAt} or a few days less.`;
  fill("feeds-content", paragraph(data.feeds.length ? told : "How far the feeds reach is not published: [x].", "told"),
    data.feeds.length ? tableOf("feeds", "How far each feed reaches", ["Extract", "Area", "Reaches to", "Far enough"], data.feeds.map((feed) => [feed.extract, feed.area, feed.coversTo || "[x]", feed.covered ? "yes" : `NO: ${feed.why}`]), { words: [0, 1, 2, 3] }) : "");
  if (!data.quality) return;
  const { findings, checks, failed, notRun, bands, quarantined } = data.quality;
  const grave = findings.filter((one) => one.band === bands[0] || one.band === bands[1]);
  const largest = grave.length ? `In more than 1 row of 100: ${grave.map((one) => `${lower(one.label)} (${one.extract}, ${one.band})`).join("; ")}.` : "No finding touches more than 1 row of 100.";
  const judged = `${nounAfter(failed, "check of", "checks of")} ${count(checks)} failed${notRun.length ? `; ${count(notRun.length)} could not run, which says nothing about the data (${notRun.join("; ")})` : ""}.`;
  fill("quality-content", paragraph(`${quarantined ? `${nounAfter(quarantined, "row is", "rows are")} not counted because something in them is wrong or missing. ` : "No row had to be left out. "}${largest} ${judged}`, "told"),
    findings.length ? folded("quality", "What is amiss with the rows, and how much", ["What", "How grave", "Extract", "Who can mend it", "Findings", "Of the rows of the extract"], findings.map((one) => [one.label, one.severity, one.extract, one.owner, count(one.count), one.band]), { words: [0, 1, 2, 3, 5] }) : paragraph("Nothing is amiss as far as the rules can tell."));
}
