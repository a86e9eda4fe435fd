// Two groups beside each other, with their intervals. Says only whether the intervals overlap.

const STEPS = [stageAt.recorded, stageAt.suspect_identified, stageAt.referred, stageAt.charged, stageAt.prosecuted];
const stepName = (at) => `${data.stages[at].brief} to ${lower(data.stages[at + 1].brief)}`;
const comparable = data.breakdowns.map((breakdown, at) => at).filter((at) => data.breakdowns[at].groups.length > 1);
const chosenPair = { breakdown: -1, first: 0, second: 1 };

/** The two ends between which a rate lies: sampling and open cases both counted. Null where a part is not shown. */
function span(row) {
  const ends = [row.step_rate_lower, row.step_rate, row.step_rate_max, row.step_rate_max_upper];
  return row.known && ends.every(isShown) ? ends : null;
}

const overlap = (first, second) => first[0] <= second[1] && second[0] <= first[1];

function reading(first, second) {
  if (!first || !second) return "not enough is shown to tell";
  return overlap(first, second) ? "the intervals overlap: no difference can be told" : "the intervals do not overlap";
}

const ends = (span) => (span ? [span[0], span[span.length - 1]] : null);
const between = (found) => (found ? `${percent(found[0])} to ${percent(found[1])}` : "[x]");

function pairOptions() {
  const of = (id, entries, selected) => fill(id, entries.map(([value, text]) => el("option", { value, selected: value === selected }, text)));
  of("pair-breakdown", comparable.map((at) => [String(at), data.breakdowns[at].label]), String(chosenPair.breakdown));
  if (chosenPair.breakdown < 0) return;
  const groups = data.breakdowns[chosenPair.breakdown].groups.map((group, at) => [String(at), group.label]);
  of("pair-first", groups, String(chosenPair.first));
  of("pair-second", groups, String(chosenPair.second));
}

/** The comparison follows the breakdown and group of the page, against the first other group. */
function followChoice(choice) {
  if (choice.breakdown !== breakdownOfAll && comparable.includes(choice.breakdown)) {
    Object.assign(chosenPair, { breakdown: choice.breakdown, first: choice.group, second: choice.group === 0 ? 1 : 0 });
  } else if (chosenPair.breakdown < 0 && comparable.length) chosenPair.breakdown = comparable[0];
  pairOptions();
}

/** The period of the page, or the nearest for which both groups have figures. */
function pairPeriod(period) {
  const has = (at) => [chosenPair.first, chosenPair.second].every((group) => tables.funnel.has(key(at, chosenPair.breakdown, group)));
  return [period, ALL_PERIODS, ...data.periods.map((_, at) => at).reverse()].find((at) => at >= 0 && has(at)) ?? period;
}

/** Milestones of both groups in the period, or in the nearest in which any of them can be used. */
function sameAgePairs(pair) {
  const of = (period) => {
    const rows = pair.map((choice) => tables.same_age.get(key(period, choice.breakdown, choice.group)) || []);
    const pairs = rows[0].map((first) => [first, rows[1].find((row) => row.stage === first.stage)]).filter(([, second]) => second);
    return { period, pairs, usable: pairs.filter((two) => two.every((row) => isShown(row.rate))).length };
  };
  const years = data.periods.map((_, at) => at).filter((at) => data.periods[at].kind === "financial_year").reverse();
  const tried = [pair[0].period, ALL_PERIODS, ...years].filter((at) => at >= 0).map(of);
  return tried.find((one) => one.usable) || tried[0];
}

/** What the fairest comparison says; nothing where it is not published. */
function sameAgeVerdict({ period, pairs }) {
  const judged = pairs.filter((two) => two.every(ageEnds));
  if (!judged.length) return "";
  const apart = judged.filter(([a, b]) => !overlap(ageEnds(a), ageEnds(b))).map(([a]) => lower(milestone(a)));
  const found = apart.length ? `the intervals do not overlap for: ${apart.join("; ")}` : "the intervals overlap wherever they are shown";
  return `At the same age, ${inPeriod({ period })}: ${found}.`;
}

const milestone = (row) => `${data.stages[row.stage].brief} within ${row.window_days} days of recording`;
const ageRate = (row) => (row.usable_from && !isShown(row.rate) ? `${percent(row.rate)} from ${dayInWords(row.usable_from)}` : `${percent(row.rate)} (${range(row.rate_lower, row.rate_upper) || "no interval"}), ${count(row.reached)} of ${count(row.old_enough)}`);
const ageEnds = (row) => (isShown(row.rate_lower) && isShown(row.rate_upper) ? [row.rate_lower, row.rate_upper] : null);
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const dayInWords = (day) => (day ? `${Number(day.slice(8))} ${MONTHS[Number(day.slice(5, 7)) - 1]} ${day.slice(0, 4)}` : "");

function showComparison(choice) {
  if (chosenPair.breakdown < 0) {
    fill("comparison-content", paragraph("No breakdown with two groups is published."));
    return "";
  }
  const period = pairPeriod(choice.period);
  const pair = [chosenPair.first, chosenPair.second].map((group) => ({ period, breakdown: chosenPair.breakdown, group }));
  const names = pair.map(groupName);
  if (pair[0].group === pair[1].group) {
    chart("comparison-chart", charts.comparison, []);
    fill("comparison-content", paragraph("Choose two different groups."));
    return "Choose two different groups.";
  }
  const funnels = pair.map(funnelOf);
  const steps = funnels.every((funnel) => funnel.length) ? STEPS : [];
  const told = steps.map((at) => ({ at, rows: funnels.map((funnel) => funnel[at]), spans: funnels.map((funnel) => span(funnel[at])) }));
  const sameAge = sameAgePairs(pair);
  const drawn = told.flatMap(({ at, spans }) => spans.map((one, index) => one && {
    step: stepName(at), group: `${index + 1}. ${names[index]}`, low: one[0], soFar: one[1], most: one[2], high: one[3], shownTo: Math.min(1, Math.max(one[2], one[1] + 0.006)),
  })).filter(Boolean);
  const judged = told.filter(({ spans }) => spans.every(Boolean)).map(({ at, spans }) => ({ at, spans, apart: !overlap(...spans.map(ends)) }));
  const apart = judged.filter((one) => one.apart).map((one) => lower(stepName(one.at)));
  const verdict = apart.length ? `the intervals do not overlap in ${apart.length} of ${nounAfter(judged.length, "step", "steps")} (${apart.join("; ")})` : `the intervals overlap in ${judged.length > 1 ? (judged.length > 2 ? `all ${judged.length} steps` : "both steps") : "the one step"} that can be shown: no difference can be told`;
  const ofSteps = judged.length ? `${names[0]} and ${names[1]}, ${inPeriod(pair[0])}: ${verdict}.` : `Too little is shown of ${names[0]} and ${names[1]} to compare their steps.`;
  const summary = `${ofSteps} ${sameAgeVerdict(sameAge)}`.trim();
  const sentences = judged.map(({ at, spans }) => `${stepName(at)}: ${names[0]} ${between(ends(spans[0]))}, ${names[1]} ${between(ends(spans[1]))}; ${reading(...spans.map(ends))}.`);
  const few = told.some(({ rows }) => rows.some((row) => row.small));
  const overlaps = data.breakdowns[chosenPair.breakdown].addsUp ? "" : " One case may be in both groups.";
  chart("comparison-chart", charts.comparison, drawn);
  const rows = told.map(({ at, rows: [a, b], spans }) => [stepName(at), ...[a, b].flatMap((row) => [count(reached(row)), stepRate(row, "step_rate"), stepRate(row, "step_rate_max")]), reading(ends(spans[0]), ends(spans[1]))]);
  const head = ["Step", ...names.flatMap((name) => [`${name}: cases`, `${name}: so far (95% interval)`, `${name}: at most (95% interval)`]), "Reading"];
  const ages = sameAge.pairs.map(([a, b]) => [milestone(a), ageRate(a), ageRate(b), reading(ageEnds(a), ageEnds(b))]);
  const caption = `${names[0]} and ${names[1]}, ${periodName(pair[0])}`;
  fill("comparison-content",
    paragraph(period === choice.period ? "" : `Both groups are not published for ${periodName(choice)}. Shown instead: ${periodName(pair[0])}.`, "notice"),
    paragraph(summary, "lead"),
    sentences.length ? [paragraph("Shares that go on to the next stage, with room for chance and for cases still open:", "told"), el("ul", {}, sentences.map((sentence) => el("li", {}, sentence)))] : "",
    paragraph(`${BIAS}${overlaps}${few ? " Some steps rest on few cases: their intervals are wide." : ""} Many comparisons at once: now and then two intervals will miss each other by chance alone.`, "notice"),
    drawn.length ? keyOf([["first", `1. ${names[0]}`], ["second", `2. ${names[1]}`]]) : "");
  fill("comparison-tables",
    drawn.length ? paragraph("Thick bar: from the share so far to the most it can become. Thin line: the same with its 95% interval.", "quiet") : "",
    folded("comparison", `Steps of ${caption}`, head, rows, { words: [0, 7] }),
    ages.length ? [el("h3", {}, "At the same age"), paragraph("Cases of both groups are looked at on the same day of their lives: the fairest comparison.", "quiet"), ...tableOf("comparison-age", `At the same age: ${names[0]} and ${names[1]}, ${periodName(sameAge)}`, ["Reached", ...names, "Reading"], ages, { words: [0, 1, 2, 3] })] : "");
  return summary;
}
