// A player's points, or another count, over game time against the line, as a small SVG.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 300;
const HEIGHT = 72;
const EDGE = 3;
const REGULATION = 2880;

function shape(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** What the plot shows, in words. */
function words({ points, line, passed_at }, name) {
  const now = points.at(-1)?.[1] ?? 0;
  const against = line === null ? "no line" : `line ${line}`;
  const passed = passed_at ? `, passed in period ${passed_at.period} at ${passed_at.clock}` : "";
  return `${name} over game time: ${now}, ${against}${passed}`;
}

/**
 * @param player a player of the timeline
 * @param elapsed how many seconds of play there have been, where the player's last points still stand
 * @param name what is counted, `Points`
 */
export function plot(player, elapsed, name) {
  const { points, line } = player;
  const end = Math.max(REGULATION, elapsed, points.at(-1)?.[0] ?? 0);
  const top = Math.max(name === "Points" ? 10 : 4, line ?? 0, ...points.map(([, scored]) => scored)) * 1.1;
  const x = (seconds) => ((seconds / end) * WIDTH).toFixed(1);
  const y = (scored) => (HEIGHT - EDGE - (scored / top) * (HEIGHT - 2 * EDGE)).toFixed(1);
  const svg = shape("svg", {
    class: "plot", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": words(player, name),
  });
  for (const quarter of [1, 2, 3, 4]) {
    svg.append(shape("line", { class: "axis", x1: x(quarter * 720), x2: x(quarter * 720), y1: 0, y2: HEIGHT }));
  }
  if (line !== null) svg.append(shape("line", { class: "line", x1: 0, x2: WIDTH, y1: y(line), y2: y(line) }));
  let way = `M0 ${y(0)}`;
  for (const [seconds, scored] of points) way += ` H${x(seconds)} V${y(scored)}`;
  if (points.length > 0) svg.append(shape("path", { class: "way", d: `${way} H${x(Math.max(elapsed, points.at(-1)[0]))}` }));
  const passed = player.passed_at && player.polls.indexOf(player.passed_at.poll_id);
  if (passed >= 0 && passed !== null) {
    const [seconds, scored] = points[passed];
    svg.append(shape("ellipse", { class: "passed", cx: x(seconds), cy: y(scored), rx: 3, ry: 3 }));
  }
  svg.dataset.points = points.length;
  return svg;
}
