import { layJournal } from './failover/journal.ts';
import { describeSpread, type Spread } from './failover/samples.ts';
import { type Crew, openCrew } from './noop/crew.ts';
import type { Member } from './noop/member.ts';

export const description =
  'a coordinator killed, a host that joins, steals, a restart with 30,000 finished packages';

/**
 * `args[0]` rounds of each (20), and `args[1]` finished packages (30,000). The agents are those of `noop`, four of them with four slots
 * each, but that a package takes 200 ms and starts no program.
 */
export async function run([rounds = '20', finished = '30000']: readonly string[]): Promise<
  Record<string, unknown>
> {
  const count = Number(rounds);
  const steals = await measureSteals(count);
  const { joins, joinsByProcess } = await measureJoins(count);
  const { killed, open } = await measureKills(count);
  const spreads = {
    'steal: question to answer': steals.gaves,
    'steal: question to package running': steals.stolen,
    'join: agent listens to first package': joins,
    'join: process started to first package': joinsByProcess,
    'coordinator killed to next one leading': open,
    'coordinator killed to first grant of the next': killed,
  };
  for (const [name, spread] of Object.entries(spreads)) print(name, spread);
  const resume = await measureResume(Number(finished));
  console.log(`restart with ${finished} finished packages, ms since the process was asked for:`);
  console.table([resume]);
  return { rounds: count, spreads, stealsInVain: steals.inVain, finished: Number(finished), resume };
}

const print = (name: string, { count, p50, p99, max }: Spread): void =>
  console.log(`${name.padEnd(46)} p50 ${p50}  p99 ${p99}  max ${max} ms  (${count})`);

const options = { slots: 4, task: { kind: 'wait', waitMs: 200 }, isPreferred: false } as const;

/**
 * Three agents; the third is drained until the packages are dealt out, so that it then finds some that wait at the second one. In the
 * plan packages take long, or a steal would not be worth it.
 */
const measureSteals = async (rounds: number) => {
  const crew = await openCrew();
  try {
    const task = { kind: 'wait', waitMs: 3_000 } as const;
    const many = { slots: 64, task, isPreferred: false };
    await crew.start('h1', { slots: 1, task, isPreferred: true });
    await crew.start('h2', many);
    const thief = await crew.start('h3', many);
    await crew.meet();
    const { members } = crew;
    thief.order({ kind: 'reset' });
    for (let round = 1; round <= rounds; round += 1) {
      thief.order({ kind: 'drain', isDrained: true });
      await pause(heartbeatMs);
      const file = await crew.layPlan(`steal-${round}`, 64 + 24, 60_000);
      const ended = members.map((member) => member.next('ended'));
      for (const member of members) member.order({ kind: 'plan', file });
      await pause(heartbeatMs);
      thief.order({ kind: 'drain', isDrained: false });
      await Promise.all(ended);
    }
    const { gavesMs, stolenMs, stealsInVain } = await thief.measure();
    return { gaves: describeSpread(gavesMs), stolen: describeSpread(stolenMs), inVain: stealsInVain };
  } finally {
    await crew.remove();
  }
};

/** Until all hosts have heard how busy the others are. */
const heartbeatMs = 1_300;

/** One more agent comes while a build goes on, and is killed again. */
const measureJoins = async (rounds: number): Promise<{ joins: Spread; joinsByProcess: Spread }> => {
  const crew = await openCrew();
  try {
    await crew.startAll(2, { ...options, isPreferred: true });
    const file = await layLongPlan(crew, 'join', rounds);
    for (const member of crew.members) member.order({ kind: 'plan', file });
    const joins: number[] = [];
    const joinsByProcess: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const joiner = await crew.start(`joiner${round}`, options);
      const listensAtMs = performance.timeOrigin + performance.now();
      const started = joiner.next('started');
      joiner.order({ kind: 'plan', file });
      const { atMs } = await started;
      joins.push(atMs - listensAtMs);
      joinsByProcess.push(atMs - joiner.forkedAtMs);
      await crew.kill(joiner);
    }
    return { joins: describeSpread(joins), joinsByProcess: describeSpread(joinsByProcess) };
  } finally {
    await crew.remove();
  }
};

/** Whoever leads is killed, and started again with its own state when the next one grants. */
const measureKills = async (rounds: number): Promise<{ killed: Spread; open: Spread }> => {
  const crew = await openCrew();
  try {
    await crew.startAll(4, options);
    const file = await layLongPlan(crew, 'kill', rounds);
    for (const member of crew.members) member.order({ kind: 'plan', file });
    const grants: number[] = [];
    const leads: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      await pause(2_000);
      const leader = crew.members.find((member) => member.last('leads')?.isMe === true);
      if (leader === undefined) throw new Error('nobody leads');
      const others = crew.members.filter((member) => member !== leader);
      const led = first(others, (member) => member.next('leads', ({ isMe }) => isMe));
      const granted = first(others, (member) => member.next('granted'));
      const killedAtMs = performance.timeOrigin + performance.now();
      await crew.kill(leader);
      leads.push((await led).atMs - killedAtMs);
      grants.push((await granted).atMs - killedAtMs);
      await crew.start(leader.name, { ...options, resumes: true });
    }
    return { killed: describeSpread(grants), open: describeSpread(leads) };
  } finally {
    await crew.remove();
  }
};

/** Enough for all rounds, at four packages a slot in a second, and not enough to be slow for its length. */
const layLongPlan = (crew: Crew, build: string, rounds: number): Promise<string> =>
  crew.layPlan(build, 1_000 + 1_000 * rounds, 1_000);

const first = <Word>(members: readonly Member[], next: (member: Member) => Promise<Word>): Promise<Word> =>
  Promise.any(members.map(next));

const measureResume = async (finished: number): Promise<Record<string, number>> => {
  const crew = await openCrew();
  try {
    layJournal(crew.stateDir('h1'), finished, 100);
    const member = await crew.start('h1', { ...options, resumes: true });
    const { atMs } = member.last('started') ?? (await member.next('started'));
    const { modulesMs, storeMs, listeningMs, planMs } = member.startMs;
    return Object.fromEntries(
      Object.entries({
        modules: modulesMs,
        'store open': storeMs,
        listening: listeningMs,
        'journal read': listeningMs + planMs,
        'first package': atMs - member.forkedAtMs,
      }).map(([name, ms]) => [name, Math.round(ms)]),
    );
  } finally {
    await crew.remove();
  }
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
