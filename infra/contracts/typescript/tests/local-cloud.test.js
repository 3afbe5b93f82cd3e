// The client against a running local cloud whose night goes on: `CHALLENGE_SYSTEM` is the base of its documents,
// `http://127.0.0.1:8080/nba-props-platform-api/` of `make run`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as rest } from "node:timers/promises";

import { join, joinGames, watch } from "../client.js";

const base = process.env.CHALLENGE_SYSTEM;

/** Waits until something is so, for a minute at most. */
async function until(what, condition) {
  const end = Date.now() + 60_000;
  while (!condition()) {
    assert.ok(Date.now() < end, what);
    await rest(50);
  }
}

test("a night is followed and its players are joined", { skip: !base && "CHALLENGE_SYSTEM is not set" }, async () => {
  const [statuses, errors, polls] = [[], [], []];
  const follow = (name) => watch(name, {
    base,
    every: 0.2,
    fetch: async (...request) => {
      const response = await fetch(...request);
      statuses.push(response.status);
      return response;
    },
    onDocument: ({ poll_id }) => name === "live" && polls.push(poll_id),
    onError: (error) => error.reason === "missing" || errors.push(`${name}: ${error.message}`),
  });
  const names = ["tonight", "live", "live-grading", "live-timeline", "status", "dates"];
  const watched = names.map(follow);
  const [tonight, live, grading, timeline] = watched;
  try {
    await until("every document", () => watched.every(({ document }) => document));
    await until("a document that is as it was", () => statuses.includes(304));
    await until("a new poll", () => polls.length > 1);
    const night = () => ({
      tonight: tonight.document, live: live.document, grading: grading.document, timeline: timeline.document,
    });
    await until("a player whom every document knows", () => [...join(night()).values()].some((player) =>
      player.game?.live && player.tonight && player.live && player.timeline && player.predictions.length > 0
        && player.lines.length > 0));
    assert.equal(joinGames(night()).length, live.document.total_games, "each game once");
    assert.ok(watched.every(({ age, error }) => age >= 0 && error === null));
  } finally {
    for (const each of watched) each.stop();
  }
  assert.deepEqual(polls, [...new Set(polls)].sort(), "never backwards");
  assert.deepEqual(errors, []);
});
