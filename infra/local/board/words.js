// The wording of values for people.

/** `12 s`, `4 min`, `3 h`: how long something has been. */
export function span(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

/** American odds, `+105`. */
export const odds = (value) => (value === null ? "–" : value > 0 ? `+${value}` : String(value));

const GRADES = {
  correct: ["Correct", "good"],
  incorrect: ["Incorrect", "bad"],
  push: ["Push", "even"],
  trending_correct: ["Trending correct", "good"],
  trending_incorrect: ["Trending incorrect", "bad"],
  in_progress: ["In progress", "even"],
  graded: ["Final, no side taken", "even"],
  void: ["Void", "even"],
  pending: ["Pending", "even"],
};

const VOID = {
  did_not_play: "did not play",
  ruled_out: "ruled out",
  postponed: "postponed",
  cancelled: "cancelled",
};

/** The chance in percent: `64 %`; what is not certain is neither `0 %` nor `100 %`. */
export function percent(chance) {
  const rounded = Math.round(chance * 100);
  return `${chance > 0 && chance < 1 ? Math.min(99, Math.max(1, rounded)) : rounded} %`;
}

/** Whether an outcome can still be corrected; null before there is one. */
export const settlement = (settled) => ({ provisional: "Provisional", official: "Official" })[settled] ?? null;

const OUTCOMES = { over: "Over", under: "Under", push: "Push", void: "Void" };

/** A word, and after `Void` the reason, in the league's words where they are known. */
function withReason(text, reason, detail) {
  if (text !== "Void") return text;
  const because = VOID[reason] ?? "no result";
  return detail ? `${text}: ${because} (${detail})` : `${text}: ${because}`;
}

/** The result of a line; null while it is open. */
export const outcome = (line) => withReason(OUTCOMES[line.outcome] ?? null, line.void_reason, line.void_detail);

/** The state of a prediction, in words and as a tone. */
export function grade(graded) {
  const [word, tone] = GRADES[graded.status] ?? [graded.status, "even"];
  const text = withReason(word, graded.void_reason, graded.void_detail);
  const open = graded.clinched && graded.status.startsWith("trending");
  return { text: open ? `${text}, certain` : text, tone };
}

/** `Q3 6:35`, `Halftime`, `7:30 PM ET`. */
export function clock(live, scheduled) {
  if (live?.status === "postponed") return "Postponed";
  return live?.time_remaining || scheduled?.game_time || "Not begun";
}

/** How many seconds of play a game of the live document has behind it. */
export function elapsed(game) {
  if (!game || game.period < 1) return 0;
  const before = (period) => Math.min(period - 1, 4) * 720 + Math.max(0, period - 5) * 300;
  if (game.status === "final") return before(Math.max(game.period, 4) + 1);
  if (game.time_remaining === "Halftime") return 1440;
  // `Q3 6:35`, and `Q4 39.2` in a last minute.
  const [, minutes = 0, seconds] = /^(?:(\d+):)?(\d+(?:\.\d+)?)$/.exec(game.time_remaining.split(" ").at(-1)) ?? [];
  const length = game.period <= 4 ? 720 : 300;
  return before(game.period) + (seconds === undefined ? 0 : length - minutes * 60 - Math.ceil(seconds));
}

const SOURCES = { balldontlie: "BallDontLie", nba_cdn: "the NBA’s feed" };

/** The name of a source of the scores. */
export const sourceName = (source) => SOURCES[source] ?? source;

/** How a source of the scores stands, with what it serves and how it compares with the other one. */
export function sourceHealth({ source, message, games, lag_seconds, disagreements }) {
  const name = sourceName(source);
  const parts = [`${name[0].toUpperCase()}${name.slice(1)} ${message}`];
  if (games > 0) parts.push(`${games} ${games === 1 ? "game" : "games"} by it`);
  if (lag_seconds > 0) parts.push(`${lag_seconds} s of play behind`);
  if (disagreements > 0) parts.push(`${disagreements} ${disagreements === 1 ? "player differs" : "players differ"}`);
  return parts.join(" · ");
}
