// The content of the page, rendered from the documents. Every text is inserted as text: a name is never markup.

import { playerKey } from "./client.js";
import { dayShown, games, players, shown, sources } from "./documents.js";
import { plot } from "./plot.js";
import { clock, elapsed, grade, odds, outcome, percent, settlement, sourceHealth, sourceName, span } from "./words.js";

const byId = (id) => document.getElementById(id);

/** An element with attributes and children; strings become text. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Puts children in place where they differ, so that nothing that stays is read out again. */
function fill(parent, children) {
  const same = parent.childNodes.length === children.length
    && children.every((child, index) => child.isEqualNode(parent.childNodes[index]));
  if (!same) parent.replaceChildren(...children);
}

/** The displayed name of a statistic. */
const wordOf = (stat) => byId("stat").querySelector(`[value=${stat}]`).textContent;

const capital = (text) => text[0].toUpperCase() + text.slice(1);

/** Puts a text in place where it differs. */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** How old each document is, and which cannot be read; a second's work. */
function showAges() {
  const day = dayShown();
  const of = ([name, { document, error, age }]) => {
    const other = document && document.game_date !== day ? ` of ${document.game_date},` : "";
    if (error === null) return make("li", {}, `${name}${other} ${span(age)} old`);
    const kept = age === null ? "nothing to show yet" : `showing what was,${other} ${span(age)} old`;
    return make("li", { class: "failing" }, `${name}: ${error.message}; ${kept}`);
  };
  const known = Object.entries(sources).filter(([, { document, error }]) => document || error);
  fill(byId("sources"), known.map(of));
  if (sources.status.document) showHealth(sources.status.document);
}

/** Seconds after which a status that has not been updated is itself shown as a problem. */
const STATUS_STALE_AFTER = 600;

/** Shows the public status, or that it has not been updated for too long. */
function showHealth({ overall_status, services, updated_at }) {
  const { age } = sources.status;
  const { live_data, tonight_data } = services;
  const now = Date.parse(updated_at) / 1000 + age;
  const expected = live_data.next_update_expected && Date.parse(live_data.next_update_expected) / 1000;
  const silent = age > STATUS_STALE_AFTER && expected !== null && now > expected + STATUS_STALE_AFTER;
  const text = `${capital(overall_status)}: ${live_data.message}; ${tonight_data.message}`;
  say(byId("status"), silent ? `Unknown: no word for ${span(age)}. It was: ${text}` : text);
  byId("status").dataset.health = silent ? "unknown" : overall_status;
}

function showStatus() {
  const status = sources.status.document;
  const day = dayShown() ?? status?.game_date ?? "";
  say(byId("day"), status?.active_break ? `${day} · ${status.active_break.headline}` : day);
  if (!status) return;
  fill(byId("issues"), status.known_issues.map((issue) => make("li", {}, `${capital(issue.severity)}: ${issue.message}`)));
  byId("issues").hidden = status.known_issues.length === 0;
  const upstream = status.sources ?? [];
  fill(byId("upstream"), upstream.map((it) => make("li", { "data-health": it.status }, sourceHealth(it))));
  byId("upstream").hidden = upstream.length === 0;
}

function showGames() {
  const line = (code, score) => make("p", { class: "score" }, make("span", {}, code), make("b", {}, score));
  const card = ({ teams, tonight, live }) => {
    const { away_team, home_team } = live ?? tonight;
    const score = (side) => String(live && live.status !== "scheduled" ? live[side] : "–");
    return make(
      "li", { "data-game": teams, "data-status": live?.status ?? tonight.game_status },
      make("h3", { class: "clock" }, clock(live, tonight)),
      line(away_team, score("away_score")),
      line(home_team, score("home_score")),
      live?.source === "nba_cdn" ? make("p", { class: "source" }, `by ${sourceName(live.source)}`) : null,
    );
  };
  fill(byId("games"), games().map(card));
}

function showSummary() {
  const graded = shown("grading");
  if (!graded) return fill(byId("summary"), []);
  const { summary } = graded;
  const rate = summary.win_rate === null ? "–" : `${(summary.win_rate * 100).toFixed(1)} %`;
  const entries = {
    Correct: summary.correct, Incorrect: summary.incorrect, "Win rate": rate, Pushes: summary.pushes,
    Void: summary.voided, "Trending correct": summary.trending_correct,
    "Trending incorrect": summary.trending_incorrect, "In progress": summary.in_progress,
    "Pending": summary.pending, "Open lines": summary.lines.open, "Settled lines": summary.lines.total - summary.lines.open,
  };
  const pair = ([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, String(value)));
  fill(byId("summary"), Object.entries(entries).map(pair));
}

/** Whom the box score has where there is no list of tonight. */
function ofBox({ player_lookup, name, team }, { home_team }) {
  return { player_lookup, name, team, is_home: team === home_team, has_line: false, injury_status: "available", last_10_points: [] };
}

/** The statistic that the cards are about. */
const statShown = () => byId("stat").value;

/** What a box-score entry counts of each statistic. */
const COUNTED = { points: "points", rebounds: "rebounds", assists: "assists", threes: "fg3_made", steals: "steals", blocks: "blocks" };

/** The course of a statistic in a player's timeline. */
function course(timed, stat) {
  if (stat === "points") return timed;
  const other = timed?.other_stats?.find((it) => it.stat_type === stat);
  return other && { points: other.counts, polls: other.polls, line: other.line, passed_at: other.passed_at };
}

/** Everyone of the day's games, with what is shown of the chosen statistic. */
function cards() {
  const stat = statShown();
  return players().flatMap(({ game, tonight, live, predictions, lines, timeline }) => {
    // Whom only the box score has is shown where there is no list of tonight.
    const player = tonight ?? (live && !game.tonight ? ofBox(live, game.live) : null);
    if (player === null) return [];
    return {
      player,
      game: game.tonight ?? game.live,
      live: game.live,
      line: live,
      prop: player.props?.find((it) => it.stat_type === stat),
      // Models predict points only.
      graded: stat === "points" ? predictions[0] : undefined,
      settled: lines.find((it) => it.stat_type === stat),
      timed: course(timeline, stat),
    };
  });
}

const SHOWN = {
  line: ({ prop }) => prop !== undefined,
  moving: ({ graded, live }) => graded !== undefined && live?.status === "in_progress",
  decided: ({ graded }) => ["correct", "incorrect", "push", "graded", "void"].includes(graded?.status),
  all: () => true,
};

/** What is on first, then what is to come, then what is over; in each the surest prediction. */
function order(a, b) {
  const rank = ({ live }) => ["in_progress", "scheduled", undefined, "final", "postponed"].indexOf(live?.status);
  const confidence = ({ player }) => player.prediction?.confidence ?? -1;
  return rank(a) - rank(b) || confidence(b) - confidence(a)
    || playerKey(a.player).localeCompare(playerKey(b.player));
}

/** The chance of a side of the line, as a number and a bar. */
function chance(side, value, line) {
  const text = percent(value);
  const meter = make("meter", { min: "0", max: "1", value: `${value}`, "aria-label": `Chance of ${side} ${line}: ${text}` });
  return make("p", { class: "chance" }, `${side} ${line}: ${text}`, meter);
}

/** The state of a player's line: the chance while it is open, then the result of a line without a pick, and whether it
 * can still be corrected. */
function standing(settled, graded) {
  if (!settled) return [];
  const hasPick = graded && graded.status !== "graded";
  const marks = [hasPick ? null : outcome(settled), settled.locked ? "Locked" : null, settlement(settled.settled)]
    .filter((mark) => mark !== null);
  const side = graded?.chance == null ? "OVER" : graded.recommendation;
  const value = graded?.chance ?? settled.chance_over;
  return [
    value == null ? null : chance(side, value, settled.line),
    marks.length > 0 ? make("p", { class: "quiet marks" }, marks.join(" · ")) : null,
  ];
}

function card({ player, game, live, line, prop, graded, settled, timed }) {
  const stat = statShown();
  const prediction = stat === "points" ? player.prediction : undefined;
  const counted = graded?.actual ?? settled?.actual ?? line?.[COUNTED[stat]] ?? null;
  const result = graded && grade(graded);
  const offered = prop
    ? `Line ${prop.line}${stat === "points" ? "" : ` ${wordOf(stat)}`} (over ${odds(prop.over_odds)}, under ${odds(prop.under_odds)})`
    : "No line";
  const predicted = prediction?.predicted == null
    ? null
    : `Predicted ${prediction.predicted.toFixed(1)}, ${(prediction.recommendation ?? "no side").replace("_", " ").toLowerCase()}`
      + (prediction.confidence == null ? "" : `, ${Math.round(prediction.confidence * 100)} % sure`);
  const form = player.last_10_points.map((scored, index) => {
    const against = (player.last_10_record ? player.last_10_results : player.last_10_vs_avg)?.[index];
    return make("span", {}, scored === null ? "DNP" : `${scored}${against && against !== "-" ? ` ${against}` : ""}`);
  });
  const injury = player.injury_status === "available" ? "" : ` · ${player.injury_status}`;
  const element = make(
    "li", { class: "card", "data-player": player.player_lookup },
    make(
      "header", {},
      make("h3", {}, player.name),
      make("span", { class: "points" }, counted === null ? "" : `${counted}`),
    ),
    make("p", { class: "quiet" }, `${player.team} ${player.is_home ? "vs" : "at"} ${player.is_home ? game.away_team : game.home_team}`
      + `${player.position ? ` · ${player.position}` : ""} · ${clock(live, game)}${injury}`),
    make("p", {}, offered),
    predicted && make("p", {}, predicted),
    result ? make("p", { class: "grade", "data-tone": result.tone }, result.text) : null,
    ...standing(settled, graded),
    form.length > 0 ? make("p", { class: "form" }, "Points in the last games:", ...form) : null,
    prop ? plot(timed ?? { points: [], polls: [], line: prop.line, passed_at: null }, elapsed(live), capital(wordOf(stat))) : null,
  );
  return element;
}

/** The players that the filter leaves; in place by player, so that the page does not jump. */
function showPlayers() {
  const wanted = byId("search").value.trim().toLowerCase();
  const matches = ({ player }) =>
    !wanted || player.name.toLowerCase().includes(wanted) || player.team.toLowerCase() === wanted;
  const all = cards();
  const chosen = all.filter((it) => SHOWN[byId("show").value](it) && matches(it)).sort(order);
  byId("count").value = `${chosen.length} of ${all.length} players`;
  fill(byId("cards"), chosen.map(card));
}

const SECTIONS = { status: showStatus, ages: showAges, games: showGames, predictions: showSummary, players: showPlayers };
const failing = new Set();

/** The whole page, or some sections of it. One that cannot be shown as it came stays as it was, and the page says so. */
export function show(...sections) {
  for (const name of sections.length > 0 ? sections : Object.keys(SECTIONS)) {
    try {
      SECTIONS[name]();
      failing.delete(name);
    } catch (error) {
      if (!failing.has(name)) console.warn(name, error);
      failing.add(name);
    }
  }
  say(byId("problem"), failing.size > 0 ? `What came cannot be shown. As it was: ${[...failing].join(", ")}.` : "");
}
