/** The recording out of the page, with what the rest asks of it put in order. */

/** What `pack.ts` has packed. */
export const loadRecording = async () => {
  const packed = document.getElementById('data').textContent;
  const bytes = Uint8Array.from(atob(packed), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return indexRecording(await new Response(stream).json());
};

const indexRecording = (recording) => {
  const { hosts, tasks, messages } = recording;
  const perHost = () => hosts.map(() => []);
  const byHost = (items) => {
    const lists = perHost();
    for (const item of items.toSorted((a, b) => a.fromMs - b.fromMs)) lists[item.host].push(item);
    return lists;
  };
  const runsOfTask = tasks.map(() => []);
  for (const run of recording.runs) runsOfTask[run.task].push(run);
  for (const runs of runsOfTask) runs.sort((a, b) => a.fromMs - b.fromMs);
  const dependents = tasks.map(() => []);
  tasks.forEach(({ needs }, task) => {
    for (const need of needs) dependents[need].push(task);
  });
  const events = recording.events.toSorted((a, b) => a.atMs - b.atMs);
  return {
    ...recording,
    events,
    runsOfTask,
    dependents,
    runsOf: byHost(recording.runs),
    choresOf: byHost(recording.chores),
    livesOf: byHost(recording.lives),
    followsOf: byHost(recording.follows),
    leaders: listLeaders(recording.follows),
    sums: sumUp(recording.runs, runsOfTask),
    maxDepth: Math.max(
      1,
      ...hosts.map(({ queue }) => queue.reduce((most, { depth }) => Math.max(most, depth), 0)),
    ),
    messages: {
      ...messages,
      count: messages.kind.length,
      maxTookMs: messages.tookMs.reduce((most, took) => Math.max(most, took), 0),
      counts: countKinds(messages),
    },
  };
};

/** How many run, on all hosts, from each moment on; and how many tasks have their first result. */
const sumUp = (runs, runsOfTask) => {
  const changes = runs.flatMap(({ fromMs, toMs }) => [
    [fromMs, 1],
    [toMs, -1],
  ]);
  changes.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let running = 0;
  let most = 1;
  const busy = changes.map(([ms, by]) => {
    running += by;
    most = Math.max(most, running);
    return [ms, running];
  });
  const ends = runsOfTask.flatMap((tries) => {
    const done = tries.filter(({ end }) => end === 'built' || end === 'failed');
    return done.length === 0 ? [] : [Math.min(...done.map(({ toMs }) => toMs))];
  });
  return { busy, most, ends: ends.sort((a, b) => a - b) };
};

const countKinds = ({ kind, kinds }) => {
  const counts = kinds.map(() => 0);
  for (const place of kind) counts[place]++;
  return counts;
};

/** Those that ever led, in the order of their first time: the colours go by it. */
const listLeaders = (follows) => {
  const led = follows.filter(({ host, leader }) => host === leader).toSorted((a, b) => a.fromMs - b.fromMs);
  return [...new Set([...led.map(({ host }) => host), ...follows.map(({ leader }) => leader)])];
};

/** The place of the first item of a sorted list for which `isAfter` holds; its length where there is none. */
export const findFirst = (count, isAfter) => {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isAfter(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
};

/** The one of a host's spans that holds at a time; of several, the last. */
export const spanAt = (spans, ms) => {
  for (let i = findFirst(spans.length, (at) => spans[at].fromMs > ms) - 1; i >= 0; i--) {
    if (ms < spans[i].toMs) return spans[i];
  }
  return undefined;
};

export const depthAt = ({ queue }, ms) =>
  queue[findFirst(queue.length, (i) => queue[i].atMs > ms) - 1]?.depth ?? 0;

/** How an agent is at a time, in a few words. */
export const describeHost = (data, host, ms) => {
  if (spanAt(data.livesOf[host], ms) === undefined) return 'not there';
  const runs = data.runsOf[host].filter((run) => run.fromMs <= ms && ms < run.toMs).length;
  const depth = depthAt(data.hosts[host], ms);
  return `${runs} running${depth > 0 ? `, ${depth} queued` : ''}`;
};

/** The messages that are under way in a part of the run: calls back with their places. */
export const eachMessage = ({ messages }, fromMs, toMs, call) => {
  const { sentMs, tookMs } = messages;
  const first = findFirst(messages.count, (i) => sentMs[i] >= fromMs - messages.maxTookMs);
  for (let i = first; i < messages.count && sentMs[i] <= toMs; i++) {
    if (sentMs[i] + Math.max(0, tookMs[i]) >= fromMs) call(i);
  }
};
