import { KEYS } from './keys.js';
import { button, clock, count, ENDS, make, span } from './words.js';

const LISTED_MAX = 60;

const table = (pairs) =>
  make(
    'dl',
    '',
    ...pairs.flatMap(([name, value]) => [make('dt', '', name), make('dd', '', ...[value].flat())]),
  );

/** A button that shows something else. */
const jump = (app, hit, ms, ...label) => {
  const element = button('jump', '', () => app.show(hit, ms));
  element.append(...(ms === undefined ? [] : [make('time', '', clock(ms))]), ...label);
  return element;
};

const tag = (end) => make('span', `tag e-${end}`, `${ENDS[end].sign} ${ENDS[end].words}`.trim());

/** What is known of the chosen thing. */
export const fillDetails = (app) => {
  const box = document.getElementById('details');
  const { selected } = app;
  const parts =
    selected?.run !== undefined
      ? describeRun(app, selected.run)
      : selected?.message !== undefined
        ? describeMessage(app, selected.message)
        : selected?.faults !== undefined
          ? describeFaults(app, selected.faults)
          : undefined;
  box.hidden = parts === undefined;
  if (parts === undefined) return;
  const close = button('close', '×', () => app.select(undefined), 'Close (Esc)');
  close.ariaLabel = 'Close';
  const [title, ...rest] = parts;
  box.replaceChildren(make('h2', '', make('span', '', title), close), ...rest);
  box.scrollTop = 0;
};

const describeRun = (app, run) => {
  const { data } = app;
  const task = data.tasks[run.task];
  const host = data.hosts[run.host];
  const estimate = task.estimateMs > 0 ? ` (expected ${span(task.estimateMs)})` : '';
  const pairs = [
    ['Host', `${host.name}, ${host.lanes[run.lane]}`],
    ['From', clock(run.fromMs)],
    ['To', clock(run.toMs)],
    ['Took', `${span(run.toMs - run.fromMs)}${estimate}`],
    ['Jobs', String(run.jobs)],
    ['Plan', data.plans[task.plan]?.name ?? ''],
    ['Token', [run.token, make('div', 'mute', tellOrigin(run))]],
  ];
  const names = (title, tasks) => (tasks.length === 0 ? [] : [make('h3', '', title), nameTasks(app, tasks)]);
  const others = data.runsOfTask[run.task];
  return [
    task.name,
    tag(run.end),
    ...(run.detail === '' ? [] : [make('p', 'mute', run.detail)]),
    table(pairs),
    ...(others.length > 1
      ? [make('h3', '', `${others.length} runs`), ...others.map((other) => lineOfRun(app, other))]
      : []),
    ...tellStory(app, run.task),
    ...names('Needs', task.needs),
    ...names('Needed by', data.dependents[run.task]),
  ];
};

const lineOfRun = (app, run) =>
  jump(app, { run }, run.fromMs, `${app.data.hosts[run.host].name} `, tag(run.end));

const tellOrigin = ({ origin, hops }) =>
  `${origin}, ${hops === 0 ? 'not passed on' : hops === 1 ? 'passed on once' : `passed on ${hops} times`}`;

const nameTasks = (app, tasks) => {
  const { data } = app;
  const box = make('div');
  for (const task of tasks.slice(0, LISTED_MAX)) {
    const [run] = data.runsOfTask[task].toReversed();
    if (run === undefined) box.append(make('span', 'mute', `${data.tasks[task].name} `));
    else
      box.append(
        button('jump inline', data.tasks[task].name, () => app.show({ run })),
        ' ',
      );
  }
  if (tasks.length > LISTED_MAX)
    box.append(make('span', 'mute', `and ${count(tasks.length - LISTED_MAX)} more`));
  return box;
};

const STORY = new Set([
  ...['grant', 'started', 'returned', 'drop', 'cancel', 'retract', 'give', 'taken', 'moved', 'copy'],
]);

/** The messages about the task that moved it, in the order of time. */
const tellStory = (app, task) => {
  const { messages, tasks, hosts } = app.data;
  const name = tasks[task].name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = new RegExp(`(^|[\\s,])${name}($|[\\s,])`, 'm');
  const speaks = messages.texts.map((text) => pattern.test(text));
  const lines = [];
  for (let i = 0; i < messages.count && lines.length < LISTED_MAX; i++) {
    const kind = messages.kinds[messages.kind[i]];
    if (!STORY.has(kind) || !speaks[messages.text[i]]) continue;
    const way = `${hosts[messages.from[i]].name} → ${hosts[messages.to[i]].name}`;
    lines.push(jump(app, { message: i }, messages.sentMs[i], `${kind} `, make('span', 'mute', way)));
  }
  return lines.length === 0 ? [] : [make('h3', '', 'How it got about'), ...lines];
};

const describeMessage = ({ data }, message) => {
  const { messages, hosts } = data;
  const [from, to] = [hosts[messages.from[message]].name, hosts[messages.to[message]].name];
  const [sentMs, took] = [messages.sentMs[message], messages.tookMs[message]];
  return [
    messages.kinds[messages.kind[message]],
    table([
      ['From', from],
      ['To', to],
      ['Sent', clock(sentMs)],
      ['Came', took < 0 ? 'never' : `${clock(sentMs + took)}, after ${span(took)}`],
    ]),
    make('pre', '', messages.texts[messages.text[message]]),
  ];
};

const describeFaults = (app, faults) => [
  faults.length === 1 ? faults[0].kind : `${faults.length} faults`,
  ...faults.map(({ kind, text, fromMs, toMs, hosts, sides }) =>
    table([
      ['What', `${kind}${text === '' ? '' : `: ${text}`}`],
      ['At', `${clock(fromMs)}${toMs > fromMs ? ` for ${span(toMs - fromMs)}` : ''}`],
      [
        'Whom',
        (sides ?? [hosts])
          .map((list) => list.map((host) => app.data.hosts[host].name).join(', '))
          .join(' | ') || 'all',
      ],
    ]),
  ),
];

/** The signs of the picture and the keys. */
export const fillGuide = () => {
  const item = (className, sign, words) => make('span', '', make('i', className, ''), ` ${sign} ${words}`);
  const ends = Object.entries(ENDS).map(([end, { words, sign }]) => item(`e-${end}`, sign, words));
  const keys = table(KEYS.map(([key, words]) => [make('kbd', '', key), words]));
  document
    .getElementById('guide')
    .replaceChildren(
      make('h2', '', 'Signs and keys'),
      make('h3', '', 'Bars: runs of tasks, one lane for each slot'),
      make('div', 'legend', ...ends),
      make(
        'p',
        'mute',
        'An orange edge: the task came from another agent. Thin lines between bars: a slot is made (in the middle) or cleaned ' +
          '(below). The band under the lanes: granted tasks that wait.',
      ),
      make('h3', '', 'Above the lanes'),
      make(
        'p',
        'mute',
        'A line in the colour of whoever the agent follows; where it leads itself, a band with a star and its ballot. Two ' +
          'colours at one time: two leaders. No line: it follows nobody. Slanted grey: no agent lives there.',
      ),
      make('h3', '', 'Faults and violations'),
      make(
        'p',
        'mute',
        'Flags and slanted shades. Dashes below two rows: the line between them is cut or slow. A partition has a colour and a ' +
          'letter for each side. A red line with ! is a violation.',
      ),
      make('h3', '', 'Messages'),
      make(
        'p',
        'mute',
        'Arrows from host to host; dashes that end in a cross never came. Click one to read it.',
      ),
      make('h3', '', 'Keys'),
      keys,
      make(
        'p',
        'mute',
        'Drag to move, Ctrl and wheel or two fingers to zoom, Shift and drag to zoom to a part.',
      ),
    );
};
