// A front end that has installed the package. It is compiled and runs nowhere.

import { DocumentError, join, joinGames, playerKey, watch } from "challenge-system-client";
import type { DocumentName, JoinedPlayer, LiveDocument, Night, StatusDocument, Watch } from "challenge-system-client";

const base = "https://storage.googleapis.com/my-bucket/";
const page = new AbortController();

const status: Watch<StatusDocument> = watch("status", { base, signal: page.signal });
const tonight = watch("tonight", { base, signal: page.signal, onDocument: show });
const grading = watch("live-grading", { base, signal: page.signal, onDocument: show });
const live = watch("live", {
  base: new URL(base),
  date: "2026-01-09",
  timeout: 5,
  signal: page.signal,
  onDocument: (document: LiveDocument, watched) => console.log(document.total_games, watched.age?.toFixed()),
  onError: (error, { document, stale }) => {
    const kept: LiveDocument | null = document;
    const isMissing = error instanceof DocumentError && error.reason === "missing";
    if (!isMissing) console.warn(error.message, error.status, stale, kept);
  },
});

function show(): void {
  const night: Night = { tonight: tonight.document, live: live.document, grading: grading.document };
  for (const game of joinGames(night)) console.log(game.teams, game.live?.time_remaining ?? game.tonight?.game_time);
  const players: Map<string, JoinedPlayer> = join(night);
  const brown = players.get(playerKey({ player_lookup: "jaylenbrown", team: "BOS" }));
  for (const line of brown?.lines ?? []) console.log(line.stat_type, line.outcome, brown?.live?.points);
  for (const prediction of brown?.predictions ?? []) console.log(prediction.line ?? "no line");
}

export const names: DocumentName[] = ["tonight", "live"];
export const health = status.document?.overall_status;
