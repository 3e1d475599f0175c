import type { Entry } from '../../../../src/core/facts/fact.ts';
import type { Ballot, Life } from '../../../../src/core/ids.ts';
import type { HeldItem, Load, Message, RunItem } from '../../../../src/core/message.ts';

const LINES_MAX = 40;

/** What a message says, for people: one thing a line. Tasks stand free, so that a search for a name finds them. */
export function describeMessage(message: Message, nameLife: (life: Life) => string): string {
  const lines = listLines(message, nameLife);
  const rest = lines.length - LINES_MAX;
  return [...lines.slice(0, LINES_MAX), ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n');
}

function listLines(message: Message, nameLife: (life: Life) => string): readonly string[] {
  const ballot = (given: Ballot | undefined): string =>
    given === undefined ? 'no ballot' : `ballot ${given.n} of ${nameLife(given.life)}`;
  switch (message.kind) {
    case 'heartbeat':
      return [ballot(message.ballot), ...tellLoad(message.load), ...message.have.map(tellHave)];
    case 'probe':
      return [`do you hear ${message.host}?`];
    case 'probed':
      return [
        `${message.host}: ${message.heardAgoMs === undefined ? 'no' : `heard ${ms(message.heardAgoMs)} ago`}`,
      ];
    case 'evicted':
      return message.lives.map(nameLife);
    case 'leave':
      return [`goes: ${message.mode}`];
    case 'canvass':
      return [`round ${message.round}: do you have a leader?`, ballot(message.ballot)];
    case 'canvassed':
      return [`round ${message.round}: ${message.leaderOk ? 'yes' : 'no'}`, ballot(message.ballot)];
    case 'lead':
    case 'resign':
      return [ballot(message.ballot)];
    case 'hold':
      return [
        ballot(message.ballot),
        ...list('runs', message.runs.map(tellRun)),
        ...list('waits', message.queue.map(tellItem)),
        ...list('on its way', message.transfers.map(tellItem)),
      ];
    case 'grant':
      return [
        ballot(message.ballot),
        ...message.items.map(
          (item) => `${tellItem(item)} for ${item.cores.toFixed(1)} cores, ${item.rivals} rivals`,
        ),
      ];
    case 'drop':
    case 'cancel':
    case 'retract':
      return [ballot(message.ballot), tellItem(message.item)];
    case 'started':
      return [tellRun(message.item)];
    case 'returned':
      return [`reason: ${message.reason}`, ...message.items.map(tellItem)];
    case 'steal':
      return [`steal ${message.id.count} of ${nameLife(message.id.thief)}`, ...tellLoad(message.load)];
    case 'give':
      return [`steal ${message.id.count} of ${nameLife(message.id.thief)}`, tellItem(message.item)];
    case 'none':
    case 'taken':
    case 'ask':
    case 'nothave':
      return [`steal ${message.id.count} of ${nameLife(message.id.thief)}`];
    case 'moved':
      return [`from ${message.from}`, tellItem(message.item)];
    case 'entries':
      return [
        `journal of ${nameLife(message.origin)} from number ${message.from}`,
        ...message.entries.map(tellEntry),
      ];
    case 'vector':
      return [
        message.isAnswer ? 'answer' : 'question',
        ...message.plans.flatMap(({ planId, counts }) => [
          `plan ${planId}`,
          ...counts.map(({ origin, count }) => `${nameLife(origin)}: ${count}`),
        ]),
      ];
    case 'plans':
      return message.plans.map(({ planId, word }) => `${planId}: ${word.mode}, revision ${word.revision}`);
    case 'copy':
      return [ballot(message.ballot), `file of ${message.task}`];
  }
}

const ms = (value: number): string => `${Math.round(value)} ms`;

const list = (title: string, items: readonly string[]): readonly string[] =>
  items.length === 0 ? [] : [`${title}:`, ...items.map((item) => `  ${item}`)];

const tellItem = ({ task, token, again, duplicate }: HeldItem): string =>
  `${task} ${token}${again ? ' again' : ''}${duplicate ? ' second run' : ''}`;

const tellRun = (item: RunItem): string => `${tellItem(item)}, ${ms(item.leftMs)} left`;

const tellLoad = ({ usable, running, queued, givable, waitMs, speed }: Load): readonly string[] => [
  `${running} of ${usable} run, ${queued} wait, ${givable} to give away`,
  `wait ${ms(waitMs)}, speed ${speed.toFixed(2)}`,
];

const tellHave = ({
  isWhole,
  added,
  removed,
}: { isWhole: boolean } & Record<'added' | 'removed', readonly string[]>) =>
  `files${isWhole ? ' (all)' : ''}: ${[...added.map((task) => `+${task}`), ...removed.map((task) => `-${task}`)].join(' ')}`;

const tellEntry = ({ seq, task, token, outcome }: Entry): string => {
  return `#${seq} ${task} ${outcome.kind}${tellMore(outcome)} ${token}`;
};

const tellMore = (outcome: Entry['outcome']): string => {
  switch (outcome.kind) {
    case 'built':
      return '';
    case 'failed':
      return ` (${outcome.class})`;
    case 'troubled':
      return ` (${outcome.trouble})`;
    case 'retried':
      return ` (not ${outcome.voids.join(', ')})`;
  }
};
