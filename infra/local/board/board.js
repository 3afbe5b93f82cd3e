// Tonight's board: reads the public documents beside it and shows them as they come. `?every=5` in the address sets a
// fixed interval in seconds. On this machine it is 5 without being set, because a local night takes a minute.

import { start } from "./documents.js";
import { show } from "./view.js";

const asked = Number(new URLSearchParams(location.search).get("every"));
const isLocal = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
const every = asked >= 1 && asked <= 3600 ? asked : isLocal ? 5 : undefined;

/** Shows what has come, once for documents that come together. */
let waiting = false;
function changed() {
  if (waiting) return;
  waiting = true;
  setTimeout(() => {
    waiting = false;
    show();
  }, 50);
}

document.getElementById("filter").addEventListener("submit", (event) => event.preventDefault());
for (const event of ["input", "change"]) {
  document.getElementById("filter").addEventListener(event, () => show("players"));
}
start(every, changed);
setInterval(() => show("ages"), 1000);
