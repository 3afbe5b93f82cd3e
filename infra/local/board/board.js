// Tonight's board: reads the public documents beside it and shows them, every 15 seconds. `?every=5` in the address
// sets another interval in seconds.

import { refreshAll } from "./documents.js";
import { show } from "./view.js";

const asked = Number(new URLSearchParams(location.search).get("every"));
const EVERY = 1000 * (asked >= 1 && asked <= 3600 ? asked : 15);

document.getElementById("filter").addEventListener("submit", (event) => event.preventDefault());
document.getElementById("filter").addEventListener("input", () => show("players"));
setInterval(() => show("ages"), 1000);

for (;;) {
  if (await refreshAll()) show();
  else show("ages");
  await new Promise((resolve) => setTimeout(resolve, EVERY));
}
