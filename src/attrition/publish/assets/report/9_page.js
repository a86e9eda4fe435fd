// The page: the choice of period, breakdown and group, and what follows from it.

const charts = JSON.parse(document.getElementById("report-charts").textContent);
const start = { period: data.start, breakdown: breakdownOfAll, group: 0 };
const choice = { ...start };

const hasFunnel = (period, breakdown, group) => tables.funnel.has(key(period, breakdown, group));
const periodsOf = (breakdown) => data.periods.map((_, at) => at).filter((period) => data.breakdowns[breakdown].groups.some((_, group) => hasFunnel(period, breakdown, group)));
const KINDS = { "": "All", financial_year: "Financial years", quarter: "Quarters" };

function options(id, entries, selected) {
  fill(id, entries.map(([value, text]) => el("option", { value: String(value), selected: value === selected }, text)));
}

function showOptions() {
  const breakdowns = data.breakdowns.map((_, at) => at).filter((at) => at === breakdownOfAll || periodsOf(at).length);
  options("breakdown", breakdowns.map((at) => [at, data.breakdowns[at].label]), choice.breakdown);
  options("group", data.breakdowns[choice.breakdown].groups.map((group, at) => [at, group.label]), choice.group);
  place("group").disabled = choice.breakdown === breakdownOfAll;
  const periods = periodsOf(choice.breakdown);
  fill("period", Object.entries(KINDS).map(([kind, label]) => {
    const here = periods.filter((at) => data.periods[at].kind === kind);
    const made = here.map((at) => el("option", { value: String(at), selected: at === choice.period }, data.periods[at].label));
    return here.length ? (kind ? el("optgroup", { label }, made) : made) : "";
  }));
}

/** Everything that depends on the choice, in the order of the page. */
function show(remark = "") {
  const funnel = funnelOf(choice);
  showOptions();
  const first = showSummary(choice, funnel);
  showFunnel(choice, funnel);
  showGroups(choice);
  showReasons(choice);
  showWithdrawal(choice);
  showComparison(choice);
  showTrends(choice);
  showSameAge(choice);
  showTiming(choice);
  showHandover(choice);
  showChanges(choice);
  return [remark, `Showing ${scope(choice)}.`, first].filter(Boolean).join(" ");
}

const announce = (text) => { place("status").textContent = text; };

/** A breakdown may be published for other periods than the one chosen: take the nearest and say so. */
function settlePeriod() {
  const periods = periodsOf(choice.breakdown);
  if (!periods.length || periods.includes(choice.period)) return "";
  const before = periodName(choice);
  choice.period = periods.includes(data.start) ? data.start : periods[0];
  return `${data.breakdowns[choice.breakdown].label} is not published for ${before}: now ${periodName(choice)}.`;
}

function listen() {
  const on = (id, change) => place(id).addEventListener("change", (event) => announce(change(Number(event.target.value), event.target.value)));
  on("period", (value) => { choice.period = value; return show(); });
  on("group", (value) => { choice.group = value; followChoice(choice); return show(); });
  on("breakdown", (value) => {
    Object.assign(choice, { breakdown: value, group: 0 });
    const remark = settlePeriod();
    place("period-remark").textContent = remark;
    followChoice(choice);
    return show(remark);
  });
  place("reset").addEventListener("click", () => { Object.assign(choice, start); place("period-remark").textContent = ""; announce(show()); });
  for (const radio of document.querySelectorAll("input[name=scale]")) {
    radio.addEventListener("change", () => { showFunnel(choice, funnelOf(choice)); announce(radio.value === "share" ? "Bars show shares of each stage." : "Bars show numbers of cases."); });
  }
  on("pair-breakdown", (value) => { Object.assign(chosenPair, { breakdown: value, first: 0, second: 1 }); pairOptions(); return showComparison(choice); });
  on("pair-first", (value) => { chosenPair.first = value; return showComparison(choice); });
  on("pair-second", (value) => { chosenPair.second = value; return showComparison(choice); });
  on("milestone", (_, name) => { ageSeries.milestone = name; return showSameAge(choice); });
  on("step", (_, name) => { chosenStep.name = name; return showTiming(choice); });
}

// On paper every table is open; afterwards they are as the reader left them.
let folds = [];
window.addEventListener("beforeprint", () => {
  folds = [...document.querySelectorAll("details:not([open])")];
  for (const one of folds) one.open = true;
});
window.addEventListener("afterprint", () => { for (const one of folds) one.open = false; });

followChoice(choice);
show();
showData();
listen();
place("filters").hidden = false;
document.documentElement.dataset.ready = "yes";
performance.mark("usable");
document.addEventListener("DOMContentLoaded", () => {
  drawWaiting().then(() => { document.documentElement.dataset.drawn = "yes"; performance.mark("drawn"); });
});
