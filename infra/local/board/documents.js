// The public documents that the board shows, each as the client of the contract keeps it.

import { dayOf, join, joinGames, watch } from "./client.js";

/** The documents by the names that the page shows. */
const NAMES = { status: "status", tonight: "tonight", live: "live", grading: "live-grading", timeline: "live-timeline" };

/** The watched documents by these names, once `start` has been called. */
export const sources = {};

/**
 * Reads the documents beside the page, now and again.
 *
 * @param every a fixed interval in seconds; undefined where the documents say when
 * @param onChange called when a document is new or could not be read
 */
export function start(every, onChange) {
  const options = { base: new URL(".", location.href), every, onDocument: onChange, onError: onChange };
  for (const [name, document] of Object.entries(NAMES)) sources[name] = watch(document, options);
}

/** What there is of the night, for the client's joins. */
function night() {
  const { tonight, live, grading, timeline } = sources;
  return {
    tonight: tonight.document, live: live.document, grading: grading.document, timeline: timeline.document,
  };
}

/** The day that is shown: the newest that there are games of. The documents turn to a new day one after the other. */
export function dayShown() {
  const { tonight, live } = night();
  return dayOf({ tonight, live });
}

/** A document's content, if it is of the day that is shown. */
export function shown(name) {
  const { document } = sources[name];
  return document?.game_date === dayShown() ? document : null;
}

/** The day's games as they are scheduled and as they stand. */
export const games = () => joinGames(night());

/** Everyone of the day with what the documents know of them. */
export const players = () => [...join(night()).values()];
