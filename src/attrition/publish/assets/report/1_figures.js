// What the page knows: its data, how figures are written, and which rows answer a choice. Draws nothing.

const data = JSON.parse(document.getElementById("report-data").textContent);
const MARKS = {
  c: "[c] confidential: hidden to protect people",
  x: "[x] not available: not published, too early to say, or not told by any source; missing data is not attrition",
  z: "[z] not applicable",
  low: "[low] above 0 but too low to show",
};
const MISSING = "Missing data is not attrition.";
const BIAS = "A difference is not proof of bias: offences, evidence and recording differ between groups.";
const stageAt = Object.fromEntries(data.stages.map((stage, at) => [stage.key, at]));
const LAST = stageAt.convicted;
// A case is lost after its record as a crime and before a conviction.
const LOSING = [stageAt.recorded, stageAt.suspect_identified, stageAt.referred, stageAt.charged, stageAt.prosecuted];

const isShown = (figure) => typeof figure === "number";
const count = (figure) => (isShown(figure) ? Math.round(figure).toLocaleString("en-GB") : `[${figure}]`);
const percent = (share) => {
  if (!isShown(share)) return `[${share}]`;
  return share > 0 && share < 0.0005 ? "[low]" : `${(share * 100).toFixed(1)}%`;
};
const range = (low, high) => (isShown(low) && isShown(high) ? `${percent(low)} to ${percent(high)}` : "");
const withLimits = (row, name) => {
  const limits = range(row[`${name}_lower`], row[`${name}_upper`]);
  return limits ? `${percent(row[name])} (${limits})` : percent(row[name]);
};
// An acronym keeps its capitals.
const lower = (text) => (/^[A-Z][A-Z]/.test(text) ? text : text.charAt(0).toLowerCase() + text.slice(1));
const nounAfter = (figure, one, several) => `${count(figure)} ${figure === 1 ? one : several}`;

/** The sum of what is shown; `more` where a part is hidden, `missing` where a part is not available. */
function sum(figures) {
  const shown = figures.filter(isShown);
  return {
    value: shown.reduce((so_far, figure) => so_far + figure, 0),
    shown: shown.length,
    more: figures.some((figure) => figure === "c" || figure === "low"),
    missing: figures.some((figure) => figure === "x"),
  };
}

const key = (period, breakdown, group) => `${period}|${breakdown}|${group}`;

/** The rows of one table as objects, by period, breakdown and group. */
function indexed(name) {
  const columns = data.columns[name];
  const words = new Set(["exit", "reason_group", "label", "source", "unit", "column", "why", "sentence"]);
  const found = new Map();
  for (const cells of data.rows[name]) {
    const row = {};
    columns.forEach((column, at) => {
      row[column] = words.has(column) ? data.texts[cells[at]] : cells[at];
    });
    const place = key(row.period, row.breakdown, row.group);
    if (!found.has(place)) found.set(place, []);
    found.get(place).push(row);
  }
  return found;
}

const tables = Object.fromEntries(Object.keys(data.rows).map((name) => [name, indexed(name)]));
const periodAt = (name) => data.periods.findIndex((period) => period.key === name);
const ALL_PERIODS = periodAt("");
const breakdownOfAll = data.breakdowns.findIndex((breakdown) => breakdown.key === "all");

const groupName = (choice) => data.breakdowns[choice.breakdown].groups[choice.group].label;
const periodName = (choice) => data.periods[choice.period].brief;
const inPeriod = (choice) => (choice.period === ALL_PERIODS ? "in all periods" : `in ${periodName(choice)}`);
const scope = (choice) => `${groupName(choice)}, ${periodName(choice)}`;

/** The rows that answer a choice; where a table does not go so far, the nearest that it has, and what they stand for. */
function answer(name, choice, fits = () => true) {
  const year = periodAt(data.periods[choice.period].year);
  const years = data.periods.map((period, at) => at).filter((at) => data.periods[at].kind === "financial_year");
  const periods = [choice.period, year, ALL_PERIODS].filter((at) => at >= 0);
  const groups = [choice, { breakdown: breakdownOfAll, group: 0 }];
  const tried = groups.flatMap((of) => [...periods, ...years.reverse()].map((period) => ({ ...of, period })));
  for (const { period, breakdown, group } of tried) {
    const rows = (tables[name].get(key(period, breakdown, group)) || []).filter(fits);
    if (rows.length) {
      const found = { period, breakdown, group };
      return { rows, choice: found, exact: key(period, breakdown, group) === key(choice.period, choice.breakdown, choice.group) };
    }
  }
  return { rows: [], choice, exact: true };
}

const NOT_THERE = Object.fromEntries(
  ["entered", "progressed", "open", "resolved", "lost", "completed", "step_rate", "step_rate_max", "rate_of_recorded"].map((name) => [name, "x"]),
);

/** Every stage of the funnel of a choice, in order; empty where nothing is published for it. */
function funnelOf(choice) {
  const rows = tables.funnel.get(key(choice.period, choice.breakdown, choice.group));
  if (!rows) return [];
  const found = data.stages.map((stage, at) => {
    const row = rows.find((one) => one.stage === at);
    return row || { ...NOT_THERE, stage: at, small: 0, covered: 0, why: "not published" };
  });
  found.forEach((row, at) => {
    // The way on from a stage can be judged where the feeds of both ends reach far enough.
    row.known = Boolean(row.covered && (at + 1 >= found.length || found[at + 1].covered));
    row.whyUnknown = row.covered && !row.known ? found[at + 1].why : row.why;
  });
  return found;
}

/** Which stages of a choice are not covered, and why; what no source tells of any case. Empty where all is told. */
const notTold = (choice) => [...(tables.coverage.get(key(choice.period, choice.breakdown, choice.group)) || []).map((row) => row.sentence), data.toldOfNone].filter(Boolean).join(" ");

const stepRate = (row, name) => (row.known ? withLimits(row, name) : "[x]");
const reached = (row) => row.entered;
