import { readFileSync } from 'node:fs';
import { createBacklog } from '../../agent/backlog.ts';
import { describeBoot } from '../../agent/boot.ts';
import { createPerformer } from '../../agent/effects.ts';
import { createKeeper } from '../../agent/keeper.ts';
import { createLog } from '../../agent/log.ts';
import { type Loop, startLoop } from '../../agent/loop.ts';
import { watchLag } from '../../agent/mesh/lag.ts';
import { type MeshNode, openNode } from '../../agent/mesh/node.ts';
import { createTally } from '../../agent/metrics/tally.ts';
import { createProgress } from '../../agent/progress.ts';
import { measureResources, watchResources } from '../../agent/resources.ts';
import { createSlots } from '../../agent/slots.ts';
import { createAgent, handle } from '../../src/core/agent.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import type { BuildId } from '../../src/core/ids.ts';
import type { Now } from '../../src/core/input.ts';
import { viewPeers } from '../../src/core/meshView.ts';
import { ownProtocol } from '../../src/core/message.ts';
import { parseCanonicalPlan } from '../../src/core/planText.ts';
import { type KeyRing, readKeyRing } from '../../src/mesh/key.ts';
import { TrafficMeter } from '../../src/mesh/traffic.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import { createMeters, epochMs } from './meters.ts';
import { nameText } from './plan.ts';
import type { AgentOrder, AgentSpec, AgentWord } from './words.ts';
import { createNoopWork, describeNoop, emptyDriver } from './work.ts';

/**
 * One agent of a mesh, with all that a real one has but sandboxes, pkgsrc and files: loop, core, store, slots, connections. argv[2] is
 * its `AgentSpec`; orders and words go over the channel to its parent. Its log goes to standard error.
 */
class NoopAgent {
  readonly #spec: AgentSpec;
  readonly #keys: KeyRing;
  readonly #store: Store;
  readonly #log = createLog('json');
  readonly #core = createAgent();
  readonly #progress = createProgress(this.#core, clock);
  readonly #meters = createMeters(say, () => this.#node?.traffic ?? new TrafficMeter());
  readonly #loop: Loop;
  #node: MeshNode | undefined;
  #build: BuildId | undefined;

  constructor(spec: AgentSpec, keys: KeyRing, store: Store) {
    this.#spec = spec;
    this.#keys = keys;
    this.#store = store;
    this.#loop = this.#startLoop();
  }

  /** Boots, and meets the others. Returns where it listens. */
  async open(): Promise<string> {
    const { name, seeds, slots, stateDir } = this.#spec;
    const isFirst = seeds.length === 0;
    const eligibility = isFirst && this.#spec.isPreferred ? 'prefer' : 'allow';
    const config = {
      build: { slots, cores: slots },
      sandbox: { spare: 1, storage: 'disk', workMemoryMiB: undefined },
    } as const;
    const mesh = { expectsPeers: !isFirst, sharedFiles: true, eligibility } as const;
    const { life, ballotN } = this.#store;
    const boot = describeBoot(config, emptyDriver, { life, ballotN, meshId: this.#keys.meshId, mesh });
    this.#loop.push(boot);
    const push = this.#loop.push;
    push({ kind: 'resources', resources: await measureResources([stateDir]) });
    watchResources([stateDir], (resources) => push({ kind: 'resources', resources }));
    watchLag(push);
    const about = { mesh: this.#keys.meshId, protocol: ownProtocol, platform: 'bench', runs: slots };
    this.#node = await openNode({
      ...{ keys: this.#keys, seeds, known: [], stateDir, log: this.#log },
      ...{ listen: ['127.0.0.1:0'], isListenUsual: false, onLost: () => undefined },
      introduce: () => ({
        ...{ hello: { ...about, life, cores: slots, eligibility }, addresses: [] },
        ...{ name, version: 'bench', grounds: {} },
      }),
      onEvent: push,
    });
    return this.#node.listBound()[0] ?? '';
  }

  /** Keeps a plan as one that was made here, and begins it. */
  addPlan(text: string): void {
    const plan = parseCanonicalPlan(text);
    if (plan === undefined) throw new Error('that is no plan');
    const planId = nameText(text);
    const { build } = plan;
    if (this.#store.findBuild(build) === undefined) {
      const request = { id: build, startedAtMs: Date.now(), pkgpaths: [], configDigest: 'bench' };
      this.#store.together(() => {
        this.#store.createBuild(request);
        this.#store.savePlan(planId, build, Buffer.from(text));
      });
    }
    this.#build = build;
    Object.assign(this.#progress.standing, { phase: 'building', planId });
    this.#meters.awaitStart();
    const entries = this.#store.entriesOf(planId);
    this.#loop.push({ kind: 'planAdded', planId, plan, entries });
    say({ kind: 'planned', atMs: epochMs() });
  }

  /** Goes on with the newest plan of the store. */
  resume(): void {
    const build = this.#store.lastBuild();
    const planId = build && this.#store.plansOf(build.id).at(-1);
    const bytes = planId && this.#store.loadPlan(planId);
    if (bytes !== undefined) this.addPlan(Buffer.from(bytes).toString());
  }

  obey(order: AgentOrder): void {
    switch (order.kind) {
      case 'plan':
        this.addPlan(readFileSync(order.file, 'utf8'));
        break;
      case 'drain':
        if (!order.isDrained) this.#meters.awaitStart();
        this.#loop.push({ kind: 'drained', isDrained: order.isDrained });
        break;
      case 'reset':
        this.#meters.reset();
        break;
      case 'measure':
        say({ kind: 'figures', figures: this.#meters.measure() });
        break;
      case 'stop':
        void this.#stop();
        break;
    }
  }

  async #stop(): Promise<void> {
    this.#loop.close();
    await this.#node?.stop();
    this.#store.close();
    process.exit(0);
  }

  #startLoop(): Loop {
    const [store, progress, log] = [this.#store, this.#progress, this.#log];
    const director = {
      countBlocked: () => 0,
      describeHistory: (facts: readonly Fact[]) => facts.map((fact) => describeNoop(this.#build, fact)),
    };
    const keeper = createKeeper({ store, director, progress, log, onHopeless: () => process.exit(1) });
    const slots = createSlots({
      ...{ driver: emptyDriver, log, stateDir: this.#spec.stateDir, runs: progress.runs },
      work: createNoopWork(this.#spec.task),
      push: (event) => this.#loop.push(event),
      beginRun: keeper.beginRun,
      endRun: (run, trouble) => {
        if (trouble === undefined) store.endRun(run.token);
        else store.addAttempt({ ...run, ...trouble, endedAtMs: Date.now() });
      },
      onStage: () => undefined,
    });
    const perform = createPerformer({
      ...{ slots, director, progress, log },
      mesh: {
        send: ({ session, message }) => this.#node?.send(session, message),
        close: ({ session, reason }) => this.#node?.closeSession(session, reason),
        // Each agent is given its plans, and files are in no plan.
        fetchPlan: ({ planId, from }) => this.#loop.push({ kind: 'planNotFetched', planId, from }),
        fetchFile: () => undefined,
        dropFile: () => undefined,
      },
      backlog: createBacklog({ store, director, log }),
      tally: createTally(store.life.host),
      nameOther: (host) => (host === store.life.host ? undefined : host),
      onEvicted: () => undefined,
      isScan: () => false,
      onFacts: () => undefined,
      onPlanEnded: () => say({ kind: 'ended', atMs: epochMs() }),
    });
    const step = (...[event, now]: Parameters<Parameters<typeof startLoop>[0]>) => {
      this.#meters.hear(event);
      return handle(this.#core, event, now);
    };
    return startLoop(step, {
      clock,
      perform: (effect) => {
        this.#meters.see(effect);
        perform(effect);
        if (effect.kind === 'note' && effect.note.kind === 'peer') this.#sayAlive();
      },
      ...keeper,
    });
  }

  #sayAlive(): void {
    const others = viewPeers(this.#core).filter(({ status }) => status === 'alive');
    say({ kind: 'alive', hosts: 1 + others.length });
  }
}

const clock = (): Now => ({ now: performance.now(), wall: Date.now() });

const say = (word: AgentWord): void => void process.send?.(word);

const modulesMs = performance.now();
const spec: AgentSpec = JSON.parse(process.argv[2] ?? '');
const keys = readKeyRing(spec.keyFile);
if (keys === undefined) throw new Error(`${spec.keyFile} is not there`);
const agent = new NoopAgent(spec, keys, openStore(spec.stateDir));
const storeMs = performance.now();
process.on('message', (order: AgentOrder) => agent.obey(order));
// Whoever is left without its bench has nothing to do.
process.on('disconnect', () => process.exit(1));
const address = await agent.open();
const listeningMs = performance.now();
if (spec.resumes) agent.resume();
const planMs = performance.now() - listeningMs;
say({ kind: 'ready', address, startMs: { modulesMs, storeMs, listeningMs, planMs } });
