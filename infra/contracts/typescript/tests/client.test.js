// The rules of `watch` against a server on this machine, and those of `join`.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { test } from "node:test";

import * as client from "../client.js";
import { clock, inSeconds, rest, until } from "./clock.js";

const { dayOf, DocumentError, join, joinGames, playerKey, watch } = client;

/** The live scores of a poll, with the next version expected in `next` seconds. */
const scores = ({ poll = 1, next = 30, ...fields } = {}) => ({
  game_date: "2026-01-09",
  poll_id: `20260110T0212${String(poll).padStart(2, "0")}Z`,
  updated_at: inSeconds(0),
  next_update_expected: next === null ? null : inSeconds(next),
  games: [],
  ...fields,
});

/** An answer with a document and its tag. */
const json = (document, headers = {}) => ({
  body: JSON.stringify(document),
  headers: { ETag: `"${document.poll_id}"`, ...headers },
});

/**
 * Watches a document of a server that gives these answers in turn, each to one request, and stops at the request after
 * the last. An answer can be a function that makes it when it is due, and null is none.
 */
async function follow(answers, { name = "live", ...options } = {}) {
  const requests = [];
  const server = createServer((request, response) => {
    const answer = answers[requests.length];
    requests.push({ at: Date.now() / 1000, path: request.url, tag: request.headers["if-none-match"] ?? null });
    if (!answer) return;
    const { status = 200, body = "", headers = {} } = typeof answer === "function" ? answer() : answer;
    // On a connection that ends while a request is on its way, Node sends it again, which would count as two.
    response.writeHead(status, { Connection: "close", Date: new Date(Date.now()).toUTCString(), ...headers });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const [documents, errors] = [[], []];
  const watched = watch(name, {
    base: `http://127.0.0.1:${server.address().port}/bucket`,
    onDocument: (document) => documents.push(document),
    onError: (error) => errors.push(error),
    ...options,
  });
  try {
    await until(() => requests.length > answers.length);
  } finally {
    watched.stop();
    server.closeAllConnections();
    server.close();
  }
  // The seconds from each request to the next one.
  const pauses = requests.slice(1).map(({ at }, index) => at - requests[index].at);
  return { watched, requests, documents, errors, pauses };
}

const isBetween = (seconds, least, most) =>
  assert.ok(seconds >= least && seconds <= most, `${seconds} s, expected ${least} to ${most}`);

test("what the declarations declare is what the module exports", () => {
  const declared = readFileSync(new URL("../client.d.ts", import.meta.url), "utf8");
  const names = [...declared.matchAll(/^export declare (?:function|class|const) (\w+)/gm)].map(([, name]) => name);
  assert.deepEqual(names.sort(), Object.keys(client).sort());
});

test("a document is asked for again soon after the next one is expected, with the last tag", async () => {
  const first = scores({ poll: 1 });
  const { requests, documents, pauses, watched } = await follow([
    json(first),
    { status: 304 },
    () => json(scores({ poll: 2 })),
  ]);
  assert.equal(requests[0].path, "/bucket/v1/live/latest.json");
  assert.deepEqual(requests.map(({ tag }) => tag), [
    null, `"${first.poll_id}"`, `"${first.poll_id}"`, "\"20260110T021202Z\"",
  ]);
  isBetween(pauses[0], 30, 35);
  // Nothing new yet: soon again.
  isBetween(pauses[1], 5, 9);
  assert.deepEqual(documents.map(({ poll_id }) => poll_id), [first.poll_id, "20260110T021202Z"]);
  assert.equal(watched.error, null);
});

test("never more often than the answer may be kept", async () => {
  const { pauses } = await follow([json(scores({ next: 1 }), { "Cache-Control": "public, max-age=60" })]);
  isBetween(pauses[0], 60, 67);
});

test("never more often than every five seconds", async () => {
  const { pauses } = await follow([json(scores({ next: 0 }), { "Cache-Control": "no-cache" })]);
  isBetween(pauses[0], 5, 9);
});

test("a document that is long overdue is asked for once a minute", async () => {
  const { pauses, watched } = await follow([json(scores({ next: -3600, updated_at: inSeconds(-3630) }))]);
  isBetween(pauses[0], 60, 67);
  assert.equal(watched.stale, true);
  isBetween(watched.age, 3630, 3720);
});

test("a next version in hours, and none at all, are looked at every five minutes", async () => {
  for (const next of [6 * 3600, null]) {
    const { pauses, watched } = await follow([json(scores({ next }))]);
    isBetween(pauses[0], 300, 331);
    assert.equal(watched.stale, false);
  }
});

test("a document that does not say when is asked for when the answer may no longer be kept", async () => {
  const list = { game_date: "2026-01-09", generated_at: inSeconds(0), games: [] };
  for (const [header, least, most] of [["public, max-age=120", 120, 133], ["public, max-age=86400", 300, 331]]) {
    const { requests, pauses } = await follow([json(list, { "Cache-Control": header })], { name: "tonight" });
    assert.equal(requests[0].path, "/bucket/v1/tonight/all-players.json");
    isBetween(pauses[0], least, most);
  }
  const { pauses } = await follow([json(list)], { name: "tonight" });
  isBetween(pauses[0], 60, 67);
});

test("however wrong this machine's clock is, the pause is not longer than the document's own", async () => {
  // The server tells no time, and its clock is a day ahead.
  const day = 24 * 3600;
  const document = scores({ next: day + 30, updated_at: inSeconds(day) });
  const { pauses } = await follow([json(document, { Date: "unknown" })]);
  isBetween(pauses[0], 30, 35);
});

test("the server's clock counts, with the time that the answer was in a cache", async () => {
  const day = 24 * 3600;
  const document = scores({ next: day + 30, updated_at: inSeconds(day) });
  const date = new Date(Date.now() + 1000 * day).toUTCString();
  const { watched, pauses } = await follow([json(document, { Date: date, Age: "10" })]);
  isBetween(pauses[0], 19, 26);
  isBetween(watched.age, 9, 60);
});

test("failures are retried less and less often, and the last good document stays", async () => {
  const failing = { status: 503 };
  const { documents, errors, pauses, watched } = await follow([json(scores()), ...Array(9).fill(failing)]);
  assert.equal(documents.length, 1);
  assert.equal(watched.document, documents[0]);
  assert.equal(errors[0].reason, "status");
  assert.equal(errors[0].status, 503);
  assert.equal(errors[0].message, "the server answers 503");
  for (const [index, longest] of [2, 4, 8, 16, 32, 60, 60].entries()) {
    isBetween(pauses[index + 1], longest / 2, longest + 0.5);
  }
  assert.ok(watched.error instanceof DocumentError);
});

test("after a good answer the failures are forgotten", async () => {
  const bad = { status: 500 };
  const { errors, pauses, watched } = await follow([bad, bad, bad, () => json(scores()), bad, { status: 304 }]);
  assert.equal(errors.length, 4);
  isBetween(pauses[2], 4, 8.5);
  isBetween(pauses[4], 1, 2.5);
  assert.equal(watched.error, null);
});

test("a server that says when to ask again is asked then", async () => {
  const { pauses, errors } = await follow([
    { status: 429, headers: { "Retry-After": "120" } },
    () => ({ status: 503, headers: { "Retry-After": new Date(Date.now() + 90_000).toUTCString() } }),
    { status: 503, headers: { "Retry-After": "999999" } },
    { status: 503, headers: { "Retry-After": "soon" } },
  ]);
  isBetween(pauses[0], 120, 124);
  isBetween(pauses[1], 88, 94);
  isBetween(pauses[2], 3600, 3604);
  isBetween(pauses[3], 8, 16.5);
  assert.equal(errors[0].retryAfter, 120);
});

test("a document that is not written yet is waited for", async () => {
  const missing = { status: 404 };
  const { documents, errors, pauses } = await follow([missing, missing, missing, () => json(scores())]);
  assert.deepEqual(errors.map(({ reason, status }) => [reason, status]), Array(3).fill(["missing", 404]));
  for (const pause of pauses.slice(0, 3)) isBetween(pause, 30, 60.5);
  assert.equal(documents.length, 1);
});

test("what is no document is an error, and the last good document stays", async () => {
  const good = scores();
  const wrong = [
    [JSON.stringify(good).slice(0, -9), "what came is no JSON"],
    ["<!doctype html><p>Sorry", "what came is no JSON"],
    ["null", "what came has no games"],
    ["{\"error\":\"maintenance\"}", "what came has no games"],
    ["{\"games\":[]}", "what came has no date"],
  ];
  const { documents, errors, requests, watched } = await follow([json(good), ...wrong.map(([body]) => ({ body }))]);
  assert.deepEqual(errors.map(({ reason, message }) => [reason, message]), wrong.map(([, said]) => ["content", said]));
  assert.deepEqual(documents, [good]);
  assert.deepEqual(watched.document, good);
  assert.equal(requests.at(-1).tag, `"${good.poll_id}"`, "the tag is that of the good document");
});

test("an older version from a cache does not replace a newer one", async () => {
  const [older, newer] = [scores({ poll: 1, next: 1 }), scores({ poll: 2, next: 1 })];
  const { documents, errors } = await follow([json(newer), json(older), json(older), () => json(scores({ poll: 3 }))]);
  assert.deepEqual(documents.map(({ poll_id }) => poll_id.slice(-3)), ["02Z", "03Z"]);
  assert.deepEqual(errors, []);
});

test("a document without polls is compared by when it was made", async () => {
  const made = (seconds) => ({ updated_at: inSeconds(seconds), known_issues: [], n: seconds });
  const { documents, requests } = await follow([json(made(-60)), json(made(-90)), json(made(-30))], { name: "status" });
  assert.equal(requests[0].path, "/bucket/v1/status.json");
  assert.deepEqual(documents.map(({ n }) => n), [-60, -30]);
});

test("another version of the same poll is a new version, the same text is none", async () => {
  const first = scores({ next: 0 });
  const graded = { ...first, games: [1] };
  // Without a tag, as a page of another origin sees it.
  const bare = (document) => ({ body: JSON.stringify(document) });
  const { documents } = await follow([bare(first), bare(first), bare(graded), bare(graded)]);
  assert.deepEqual(documents, [first, graded]);
});

test("a server that does not answer in time is given up", async () => {
  const { errors, documents } = await follow([null, () => json(scores())], { timeout: 0.2 });
  assert.deepEqual([errors[0].reason, errors[0].message], ["timeout", "no answer within 0.2 s"]);
  assert.equal(documents.length, 1);
});

test("a server that cannot be reached is tried again", async () => {
  const errors = [];
  const watched = watch("live", { base: "http://127.0.0.1:1/", onError: (error) => errors.push(error) });
  await until(() => errors.length > 3).finally(() => watched.stop());
  assert.deepEqual([errors[0].reason, errors[0].message], ["network", "the server cannot be reached"]);
  assert.equal(watched.document, null);
  assert.deepEqual([watched.age, watched.stale], [null, false]);
});

test("a document that the server has not confirmed for ten minutes is stale", async () => {
  const bad = { status: 500 };
  const day = json(scores({ next: null }));
  assert.equal((await follow([day, ...Array(5).fill(bad)])).watched.stale, false);
  assert.equal((await follow([day, ...Array(30).fill(bad)])).watched.stale, true);
});

test("not everyone asks at once", async () => {
  const { random } = Math;
  const pauses = [];
  try {
    for (const drawn of [0, 0.99]) {
      Math.random = () => drawn;
      const night = await follow([json(scores({ next: 30 })), { status: 500 }]);
      pauses.push(night.pauses.map(Math.round));
    }
  } finally {
    Math.random = random;
  }
  assert.deepEqual(pauses, [[31, 1], [34, 2]]);
});

test("once stopped nothing is asked and nobody is told", async () => {
  const told = [];
  let asked = 0;
  const options = {
    base: "http://127.0.0.1/",
    fetch: async () => {
      asked += 1;
      await rest(20);
      return new Response(JSON.stringify(scores()));
    },
    onDocument: () => told.push("document"),
    onError: () => told.push("error"),
  };
  watch("live", { ...options, signal: AbortSignal.abort() });
  assert.equal(asked, 0);
  const controller = new AbortController();
  watch("live", { ...options, signal: controller.signal });
  controller.abort();
  await rest(60);
  assert.deepEqual([asked, told], [1, []]);
  const watched = watch("live", { ...options, onDocument: (_, watch) => watch.stop() });
  await rest(60);
  assert.deepEqual([asked, told], [2, []]);
  assert.notEqual(watched.document, null, "the last document can still be read");
});

test("a callback that throws does not end the polling", async () => {
  const { queueMicrotask } = globalThis;
  const thrown = [];
  globalThis.queueMicrotask = (task) => {
    try {
      task();
    } catch (error) {
      thrown.push(error.message);
    }
  };
  const onDocument = () => {
    throw new Error("mine");
  };
  await follow([json(scores({ next: 0 })), () => json(scores({ poll: 2, next: 0 }))], { onDocument });
  globalThis.queueMicrotask = queueMicrotask;
  assert.deepEqual(thrown, ["mine", "mine"]);
});

test("a fixed pace is kept whatever the document says and after failures", async () => {
  const bad = { status: 500 };
  const { pauses } = await follow([json(scores({ next: 600 })), bad, bad, bad], { every: 1 });
  for (const pause of pauses) isBetween(pause, 1, 1.5);
});

test("a page that is hidden asks for nothing, and at once when it is seen again", async () => {
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  globalThis.document = page;
  let asked = 0;
  const answering = async () => {
    asked += 1;
    if (asked === 3) page.visibilityState = "hidden";
    return new Response(JSON.stringify(scores({ poll: asked })));
  };
  const watched = watch("live", { base: "http://127.0.0.1/", fetch: answering });
  try {
    await until(() => asked === 3);
    await rest(60);
    assert.equal(asked, 3);
    page.visibilityState = "visible";
    page.dispatchEvent(new Event("visibilitychange"));
    await until(() => asked > 3);
  } finally {
    watched.stop();
    delete globalThis.document;
  }
});

test("once the network is back, what has failed is asked for at once", async () => {
  const window = new EventTarget();
  globalThis.addEventListener = window.addEventListener.bind(window);
  clock.stands = true;
  let asked = 0;
  const failing = async () => {
    asked += 1;
    throw new TypeError("Failed to fetch");
  };
  const watched = watch("live", { base: "http://127.0.0.1/", fetch: failing });
  try {
    await rest(50);
    assert.equal(asked, 1);
    window.dispatchEvent(new Event("online"));
    await rest(50);
    assert.equal(asked, 2);
  } finally {
    watched.stop();
    clock.stands = false;
    delete globalThis.addEventListener;
  }
});

test("an address that cannot be is refused by name", () => {
  const base = "http://127.0.0.1/";
  assert.throws(() => watch("live-scores", { base }), /name: live-scores, expected one of tonight, live, /);
  assert.throws(() => watch("live", { base, date: "yesterday" }), /date: yesterday of live, expected YYYY-MM-DD/);
  assert.throws(() => watch("status", { base, date: "2026-01-09" }), /date: 2026-01-09 of status/);
  assert.throws(() => watch("live", { base: "v1/" }), TypeError);
});

test("a day of one's own is read under its date", async () => {
  const { requests } = await follow([json(scores({ next: null }))], { date: "2026-01-09" });
  assert.equal(requests[0].path, "/bucket/v1/live/2026-01-09.json");
});

// The documents of a night of two games. Brown plays; Barnes was traded from Toronto to Boston today; Dick is in no
// box score yet; Walter is in no list; the second game has not begun.
const game_date = "2026-01-09";
const [FIRST, SECOND] = ["0022500555", "0022500556"];
const of = (player_lookup, team, fields) => ({ player_lookup, team, ...fields });
const tonight = {
  game_date,
  games: [
    { game_id: FIRST, away_team: "TOR", home_team: "BOS", players: [
      of("jaylenbrown", "BOS"), of("scottiebarnes", "TOR"), of("gradeydick", "TOR"),
    ] },
    { game_id: SECOND, away_team: "MIL", home_team: "LAL", players: [of("jalensmith", "LAL")] },
  ],
};
const live = {
  game_date,
  games: [
    // Known by its id only after BallDontLie's own.
    { game_id: "18447", nba_game_id: FIRST, away_team: "TOR", home_team: "BOS", players: [
      of("jaylenbrown", "BOS", { points: 21 }), of("scottiebarnes", "BOS", { points: 3 }),
      of("jakobewalter", "TOR", { points: 2 }),
    ] },
    // Before tip-off, and under the NBA's id.
    { game_id: SECOND, nba_game_id: SECOND, away_team: "MIL", home_team: "LAL", players: [] },
  ],
};
const grading = {
  game_date,
  predictions: [
    of("jaylenbrown", "BOS", { game_id: FIRST, status: "trending_correct" }),
    of("nobody", "MIL", { game_id: "0022500999" }),
  ],
  lines: [
    of("jaylenbrown", "BOS", { game_id: FIRST, stat_type: "points" }),
    of("jaylenbrown", "BOS", { game_id: FIRST, stat_type: "rebounds" }),
    of("scottiebarnes", "BOS", { game_id: FIRST, stat_type: "points" }),
    of("jalensmith", "LAL", { game_id: SECOND, stat_type: "points" }),
  ],
};
const timeline = { game_date, players: [of("jaylenbrown", "BOS", { game_id: FIRST, points: [[10, 2]] })] };

test("players are joined by lookup and team", () => {
  const players = join({ tonight, live, grading, timeline });
  assert.equal(playerKey({ player_lookup: "jaylenbrown", team: "BOS" }), "jaylenbrown BOS");
  const brown = players.get("jaylenbrown BOS");
  assert.deepEqual([brown.player_lookup, brown.team, brown.live.points], ["jaylenbrown", "BOS", 21]);
  assert.deepEqual([brown.predictions.length, brown.lines.length, brown.timeline.points], [1, 2, [[10, 2]]]);
  assert.equal(brown.tonight, tonight.games[0].players[0]);
  assert.deepEqual([brown.game.tonight, brown.game.live], [tonight.games[0], live.games[0]]);
  assert.deepEqual([...players.keys()], [
    "jaylenbrown BOS", "scottiebarnes TOR", "gradeydick TOR", "scottiebarnes BOS", "jakobewalter TOR", "jalensmith LAL",
    "nobody MIL",
  ]);
});

test("a traded player is there under both teams", () => {
  const players = join({ tonight, live, grading });
  const [before, after] = [players.get("scottiebarnes TOR"), players.get("scottiebarnes BOS")];
  assert.deepEqual([before.tonight !== null, before.live, before.lines.length], [true, null, 0]);
  assert.deepEqual([after.tonight, after.live.points, after.lines.length], [null, 3, 1]);
});

test("a player who is in one document only has what that one has", () => {
  const players = join({ tonight, live, grading });
  const [dick, walter, nobody] = ["gradeydick TOR", "jakobewalter TOR", "nobody MIL"].map((key) => players.get(key));
  assert.deepEqual([dick.live, dick.predictions, dick.lines, dick.timeline], [null, [], [], null]);
  assert.deepEqual([walter.tonight, walter.live.points, walter.game.teams], [null, 2, "TOR@BOS"]);
  assert.deepEqual([nobody.game, nobody.predictions.length], [null, 1]);
  assert.equal(players.get("jalensmith LAL").lines.length, 1);
});

test("a game is one under either id and under its teams", () => {
  assert.deepEqual(joinGames({ tonight, live }).map(({ teams }) => teams), ["TOR@BOS", "MIL@LAL"]);
  // The schedule does not know the game's number.
  const unnumbered = { ...live, games: live.games.map((game) => ({ ...game, nba_game_id: null })) };
  const games = joinGames({ tonight, live: unnumbered });
  const ids = games.map((game) => [game.tonight.game_id, game.live.game_id]);
  assert.deepEqual(ids, [[FIRST, "18447"], [SECOND, SECOND]]);
  // The sides are exchanged in one of them.
  const turned = { game_date, games: [{ ...live.games[0], away_team: "BOS", home_team: "TOR" }] };
  assert.deepEqual(joinGames({ tonight, live: turned }).map(({ tonight }) => tonight.game_id), [FIRST, SECOND]);
  const fewer = joinGames({ tonight, live: { game_date, games: [live.games[1]] } });
  assert.deepEqual(fewer.map(({ teams, live }) => [teams, live !== null]), [["MIL@LAL", true], ["TOR@BOS", false]]);
});

test("documents of another day are left out", () => {
  const yesterday = (document) => ({ ...document, game_date: "2026-01-08" });
  const morning = { tonight, live: yesterday(live), grading: yesterday(grading), timeline: yesterday(timeline) };
  assert.equal(dayOf(morning), game_date);
  const players = join(morning);
  assert.equal(players.size, 4);
  for (const { live, predictions, lines } of players.values()) {
    assert.deepEqual([live, predictions, lines], [null, [], []]);
  }
  assert.equal(dayOf({ tonight: yesterday(tonight), live }), game_date);
  assert.equal(dayOf({ tonight: yesterday(tonight), grading }), "2026-01-08", "only games begin a day");
  assert.equal(join({ tonight: yesterday(tonight), live, grading }).get("jaylenbrown BOS").tonight, null);
});

test("what is not there yet is left out", () => {
  assert.deepEqual([dayOf({}), joinGames({ tonight: null }), join({ live: null }).size], [null, [], 0]);
  assert.equal(dayOf({ grading }), game_date);
  assert.equal(join({ grading }).get("jaylenbrown BOS").lines.length, 2);
});
