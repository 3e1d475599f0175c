import type { Logger } from 'pino';
import type { Effect, PlanEnding } from '../src/core/effect.ts';
import type { Fact } from '../src/core/facts/fact.ts';
import type { HostId, PlanId } from '../src/core/ids.ts';
import type { Backlog } from './backlog.ts';
import type { Director } from './build/director.ts';
import type { MeshPort } from './meshPort.ts';
import type { Tally } from './metrics/tally.ts';
import { tellNote } from './notes.ts';
import type { Progress } from './progress.ts';
import type { Slots } from './slots.ts';

export interface PerformerPorts {
  readonly slots: Slots;
  readonly mesh: MeshPort;
  readonly backlog: Pick<Backlog, 'keep' | 'flush'>;
  readonly director: Pick<Director, 'countBlocked'>;
  /** True of a plan whose tasks are no packages: nobody is told of each. */
  isScan(planId: PlanId): boolean;
  /** Others have taken this host out of the mesh, and gave what it held to others. */
  onEvicted(): void;
  onFacts(facts: readonly Fact[]): void;
  onPlanEnded(planId: PlanId, ending: PlanEnding): void;
  /** What people call a host that is not this one; undefined: it is this one. */
  nameOther(host: HostId): string | undefined;
  readonly tally: Pick<Tally, 'hearFact' | 'hearNote'>;
  readonly progress: Progress;
  readonly log: Logger;
}

/** The core's wishes, carried out. What goes wrong on the way comes back to the core as an event. */
export const createPerformer = (ports: PerformerPorts): ((effect: Effect) => void) => {
  const { slots, mesh, backlog, progress, log } = ports;
  return (effect) => {
    switch (effect.kind) {
      case 'keep':
        backlog.keep(effect.entries);
        break;
      case 'announce':
        for (const fact of effect.facts) if (!ports.isScan(fact.planId)) announce(ports, fact);
        ports.onFacts(effect.facts);
        break;
      case 'prepare':
        slots.prepare(effect.slot, effect.order);
        break;
      case 'start': {
        const { planId, slot, task, jobs } = effect;
        if (!ports.isScan(planId)) {
          progress.tell({ kind: 'started', pkg: task, slot, jobs, atMs: Date.now() });
        }
        slots.start(effect);
        break;
      }
      case 'cancel':
        slots.cancel(effect.slot, effect.token);
        break;
      case 'clean':
        slots.clean(effect.slot, effect.order);
        break;
      case 'retire': {
        const text = `slot ${effect.slot} will not come clean (${effect.reason}): ${effect.replacement} takes its place`;
        log.error(text);
        progress.tell({ kind: 'warning', text });
        slots.retire(effect.slot);
        break;
      }
      case 'sweep':
        slots.sweep();
        break;
      case 'send':
        mesh.send(effect);
        break;
      case 'closeSession':
        mesh.close(effect);
        break;
      case 'fetchPlan':
        mesh.fetchPlan(effect);
        break;
      case 'fetchFile':
        mesh.fetchFile(effect);
        break;
      case 'dropFile':
        mesh.dropFile(effect);
        break;
      case 'planEnded':
        // The report is made of what is stored, and its last fact has often just come from another host.
        backlog.flush();
        ports.onPlanEnded(effect.planId, effect.ending);
        break;
      case 'note':
        ports.tally.hearNote(effect.note);
        tellNote(ports, effect.note);
        if (effect.note.kind === 'hostEvicted' && effect.note.isMe) ports.onEvicted();
        break;
      case 'persist':
      case 'wake':
        throw new Error(`the loop itself carries out ${effect.kind}`);
    }
  };
};

const announce = (ports: PerformerPorts, fact: Fact): void => {
  const { progress, log, director } = ports;
  const { planId, task, slot, outcome, wallMs } = fact;
  const host = ports.nameOther(fact.origin.host);
  ports.tally.hearFact(fact);
  const blocks = outcome.kind === 'failed' ? director.countBlocked(planId, task) : 0;
  log.info({ task, host, slot, outcome, wallMs: Math.round(wallMs), blocks }, 'a package has ended');
  const counts = progress.counts();
  progress.tell({ kind: 'ended', pkg: task, slot, outcome, wallMs, blocks, counts, host });
};
