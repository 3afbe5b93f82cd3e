// What is on the page, made from the documents. Every text goes in as text: a name is never markup.

import { sources } from "./documents.js";
import { plot } from "./plot.js";
import { clock, elapsed, grade, odds, span } from "./words.js";

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

const capital = (text) => text[0].toUpperCase() + text.slice(1);
const key = (player) => `${player.player_lookup} ${player.team}`;
const teams = (game) => `${game.away_team}@${game.home_team}`;

/** How old each document is, and which cannot be read; a second's work. */
export function showAges() {
  const of = (source) => {
    if (source.error === null) return make("li", {}, `${source.name} ${span(source.age)} old`);
    const kept = source.age === null ? "nothing to show yet" : `showing what was, ${span(source.age)} old`;
    return make("li", { class: "failing" }, `${source.name}: ${source.error}; ${kept}`);
  };
  const known = Object.values(sources).filter((source) => source.data || source.error);
  fill(byId("sources"), known.map(of));
}

function showStatus() {
  const status = sources.status.data;
  if (!status) return;
  const pause = status.active_break;
  byId("day").textContent = pause ? `${status.game_date} · ${pause.headline}` : status.game_date;
  const { live_data, tonight_data } = status.services;
  byId("status").textContent = `${capital(status.overall_status)}: ${live_data.message}; ${tonight_data.message}`;
  byId("status").dataset.health = status.overall_status;
  fill(byId("issues"), status.known_issues.map((issue) => make("li", {}, `${capital(issue.severity)}: ${issue.message}`)));
  byId("issues").hidden = status.known_issues.length === 0;
}

/** Tonight's games as they are scheduled and as they stand: what is on first. */
function games() {
  const scheduled = new Map((sources.tonight.data?.games ?? []).map((game) => [teams(game), game]));
  const live = new Map((sources.live.data?.games ?? []).map((game) => [teams(game), game]));
  const today = sources.tonight.data?.game_date === sources.live.data?.game_date || !sources.tonight.data;
  const all = new Set([...(today ? live.keys() : []), ...scheduled.keys()]);
  return [...all].map((id) => ({ id, scheduled: scheduled.get(id), live: today ? live.get(id) : undefined }));
}

function showGames() {
  const line = (code, score) => make("p", { class: "score" }, make("span", {}, code), make("b", {}, score));
  const card = ({ id, scheduled, live }) => {
    const { away_team, home_team } = live ?? scheduled;
    const score = (side) => String(live && live.status !== "scheduled" ? live[side] : "–");
    return make(
      "li", { "data-game": id, "data-status": live?.status ?? scheduled.game_status },
      make("h3", { class: "clock" }, clock(live, scheduled)),
      line(away_team, score("away_score")),
      line(home_team, score("home_score")),
    );
  };
  fill(byId("games"), games().map(card));
}

function showSummary() {
  const summary = sources.grading.data?.summary;
  if (!summary) return;
  const percent = summary.win_rate === null ? "–" : `${(summary.win_rate * 100).toFixed(1)} %`;
  const entries = {
    Correct: summary.correct, Incorrect: summary.incorrect, "Win rate": percent, Pushes: summary.pushes,
    Void: summary.voided, "Trending correct": summary.trending_correct,
    "Trending incorrect": summary.trending_incorrect, "Not begun": summary.pending,
  };
  const pair = ([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, String(value)));
  fill(byId("summary"), Object.entries(entries).map(pair));
}

/** Everyone of tonight with what the documents know of them. */
function players() {
  const graded = new Map((sources.grading.data?.predictions ?? []).map((it) => [key(it), it]));
  const timed = new Map((sources.timeline.data?.players ?? []).map((it) => [key(it), it]));
  return games().flatMap(({ scheduled, live }) => {
    const lines = new Map((live?.players ?? []).map((it) => [key(it), it]));
    return (scheduled?.players ?? []).map((player) => ({
      player, game: scheduled, live, line: lines.get(key(player)), graded: graded.get(key(player)), timed: timed.get(key(player)),
    }));
  });
}

const SHOWN = {
  line: ({ player }) => player.has_line,
  moving: ({ graded, live }) => graded !== undefined && live?.status === "in_progress",
  decided: ({ graded }) => ["correct", "incorrect", "push", "graded", "void"].includes(graded?.status),
  all: () => true,
};

/** What is on first, then what is to come, then what is over; in each the surest prediction. */
function order(a, b) {
  const rank = ({ live }) => ["in_progress", "scheduled", undefined, "final", "postponed"].indexOf(live?.status);
  const confidence = ({ player }) => player.prediction?.confidence ?? -1;
  return rank(a) - rank(b) || confidence(b) - confidence(a) || key(a.player).localeCompare(key(b.player));
}

function card({ player, game, live, line, graded, timed }) {
  const { props: [prop] = [], prediction } = player;
  const points = graded?.actual ?? line?.points ?? null;
  const standing = graded && grade(graded);
  const offered = prop
    ? `Line ${prop.line} (over ${odds(prop.over_odds)}, under ${odds(prop.under_odds)})`
    : "No line";
  const predicted = prediction?.predicted == null
    ? null
    : `Predicted ${prediction.predicted.toFixed(1)}, ${prediction.recommendation.replace("_", " ").toLowerCase()}`
      + (prediction.confidence === null ? "" : `, ${Math.round(prediction.confidence * 100)} % sure`);
  const form = player.last_10_points.map((scored, index) => {
    const against = (player.last_10_results ?? player.last_10_vs_avg)?.[index];
    return make("span", {}, scored === null ? "DNP" : `${scored}${against && against !== "-" ? ` ${against}` : ""}`);
  });
  const injury = player.injury_status === "available" ? "" : ` · ${player.injury_status}`;
  const element = make(
    "li", { class: "card", "data-player": player.player_lookup },
    make(
      "header", {},
      make("h3", {}, player.name),
      make("span", { class: "points" }, points === null ? "" : `${points}`),
    ),
    make("p", { class: "quiet" }, `${player.team} ${player.is_home ? "vs" : "at"} ${player.is_home ? game.away_team : game.home_team}`
      + `${player.position ? ` · ${player.position}` : ""} · ${clock(live, game)}${injury}`),
    make("p", {}, offered),
    predicted && make("p", {}, predicted),
    standing ? make("p", { class: "grade", "data-tone": standing.tone }, standing.text) : null,
    form.length > 0 ? make("p", { class: "form" }, "Last games:", ...form) : null,
    prop && timed && timed.points.length > 0 ? plot(timed, elapsed(live)) : null,
  );
  return element;
}

/** The players that the filter leaves; in place by player, so that the page does not jump. */
export function showPlayers() {
  const wanted = byId("search").value.trim().toLowerCase();
  const matches = ({ player }) =>
    !wanted || player.name.toLowerCase().includes(wanted) || player.team.toLowerCase() === wanted;
  const all = players();
  const shown = all.filter((it) => SHOWN[byId("show").value](it) && matches(it)).sort(order);
  byId("count").value = `${shown.length} of ${all.length} players`;
  fill(byId("cards"), shown.map(card));
}

/** The whole page. */
export function show() {
  showStatus();
  showAges();
  showGames();
  showSummary();
  showPlayers();
}
