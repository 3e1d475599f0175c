import { depthAt, spanAt } from './data.js';
import { rowAt } from './layout.js';
import { clock, count, ENDS, span } from './words.js';

const NEAR = 5;

/** What is at a place of the rows (`y` from the top of the first): a message, a run, a fault or the strip of a host. */
export const pick = (app, x, y) => {
  const arrow = findArrow(app.arrows, x, y);
  if (arrow !== undefined) return { message: arrow.message };
  const row = rowAt(app.layout, y);
  if (row === undefined || x < app.view.left) return undefined;
  const ms = app.view.ms(x);
  const run = findRun(app, row, x, y);
  if (run !== undefined) return { run };
  const follow = y < row.lanesTop ? spanAt(app.data.followsOf[row.index], ms) : undefined;
  const faults = app.data.faults.filter((fault) => isHit(app, fault, row, x));
  if (faults.length > 0 && (follow === undefined || y < row.stripTop + 4)) return { faults, ms };
  if (follow !== undefined) return { follow };
  if (y >= row.queueTop) return { queue: row.index, ms };
  return undefined;
};

const findArrow = (arrows, x, y) => {
  let best;
  let nearest = NEAR;
  for (const arrow of arrows) {
    const far = distance(arrow, x, y);
    if (far < nearest) [best, nearest] = [arrow, far];
  }
  return best;
};

const distance = ({ x, y, endX, endY }, px, py) => {
  const [dx, dy] = [endX - x, endY - y];
  const along = Math.min(1, Math.max(0, ((px - x) * dx + (py - y) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(px - x - along * dx, py - y - along * dy);
};

const findRun = ({ data, view, layout }, row, x, y) => {
  const lane = Math.floor((y - row.lanesTop) / (layout.laneHeight + 1));
  const hits = data.runsOf[row.index].filter(
    (run) =>
      run.lane === lane &&
      view.x(run.fromMs) - 2 <= x &&
      x <= Math.max(view.x(run.toMs), view.x(run.fromMs) + 2) + 1,
  );
  return hits.at(-1);
};

const isHit = ({ view }, { fromMs, toMs, hosts, sides }, row, x) =>
  view.x(fromMs) - 4 <= x &&
  x <= Math.max(view.x(toMs), view.x(fromMs) + 8) &&
  (hosts.length === 0 || hosts.includes(row.index) || sides !== undefined);

/** What is said of it beside the pointer: a title and lines. */
export const describe = (app, hit) => {
  const { data } = app;
  const stepMs = app.view.spanMs() / 1_000;
  if (hit.run !== undefined) {
    const { run } = hit;
    const lines = [`${ENDS[run.end].words}, ${span(run.toMs - run.fromMs)}, ${run.jobs} jobs`];
    return [data.tasks[run.task].name, ...lines, run.detail];
  }
  if (hit.message !== undefined) {
    const { messages, hosts } = data;
    const took = messages.tookMs[hit.message];
    const way = `${hosts[messages.from[hit.message]].name} → ${hosts[messages.to[hit.message]].name}`;
    return [
      messages.kinds[messages.kind[hit.message]],
      `${way}, ${took < 0 ? 'never came' : `after ${span(took)}`}`,
      messages.texts[messages.text[hit.message]].split('\n')[0],
    ];
  }
  if (hit.faults !== undefined) {
    return hit.faults.flatMap(({ kind, text, fromMs, toMs }) => [
      kind,
      `${text}${toMs > fromMs ? `, ${span(toMs - fromMs)}` : ''}, at ${clock(fromMs, stepMs)}`,
    ]);
  }
  if (hit.follow !== undefined) return describeFollow(data, hit.follow);
  const depth = depthAt(data.hosts[hit.queue], hit.ms);
  return [data.hosts[hit.queue].name, `${count(depth)} granted and waiting`];
};

const describeFollow = ({ hosts }, { host, leader, ballot, fromMs, toMs }) => {
  const under = ballot === undefined ? '' : `, ballot ${ballot}`;
  const what = leader === host ? 'leads' : `follows ${hosts[leader].name}`;
  return [`${hosts[host].name} ${what}${under}`, `for ${span(toMs - fromMs)}`];
};
