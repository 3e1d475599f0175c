import { z } from 'zod';
import { type AgentState, slotSeconds } from '../../src/core/agent.ts';
import { type PlanId, planId } from '../../src/core/ids.ts';
import { messageOf } from '../../src/errors.ts';
import type { MeshAccount } from '../build/course.ts';
import { sendJson } from './answers.ts';
import { listLinked, type MeshNode } from './node.ts';

interface AccountPorts {
  readonly core: AgentState;
  readonly node: Pick<MeshNode, 'addRoute' | 'ask' | 'listLinks'>;
  readonly onTrouble: (text: string) => void;
}

const seconds = z.number().min(0).max(1e12);
const accountSchema: z.ZodType<MeshAccount> = z.object({
  slots: z.int().min(0).max(65_536),
  slotSeconds: z.object({ busy: seconds, sandbox: seconds, starved: seconds, stopped: seconds }),
});

const answerMs = 3_000;
const route = '/account/';

/** Tells others where the time of this host's slots went in a plan. */
export const serveAccount = ({ core, node }: AccountPorts): void =>
  node.addRoute(route, (request, response) =>
    sendJson(response, ownAccount(core, planId((request.url ?? '').slice(route.length)))),
  );

/** The sum over all hosts that can be asked now. */
export const sumAccounts = async (
  { core, node, onTrouble }: AccountPorts,
  plan: PlanId,
): Promise<MeshAccount> => {
  const hosts = listLinked(node);
  const others = await Promise.all(
    hosts.map(async (host) => {
      try {
        const question = { method: 'GET', path: `${route}${plan}`, timeoutMs: answerMs } as const;
        return [accountSchema.parse(await node.ask(host, question))];
      } catch (error) {
        onTrouble(`the time of the slots of ${host} is not in the report: ${messageOf(error)}`);
        return [];
      }
    }),
  );
  return [ownAccount(core, plan), ...others.flat()].reduce(add);
};

/** A host that had no part in the plan has no slots for it. */
const ownAccount = (core: AgentState, plan: PlanId): MeshAccount => {
  const mine = slotSeconds(core, plan);
  return {
    slots: mine === undefined || mine.busy === 0 ? 0 : core.runs,
    slotSeconds: mine ?? { busy: 0, sandbox: 0, starved: 0, stopped: 0 },
  };
};

const add = (a: MeshAccount, b: MeshAccount): MeshAccount => ({
  slots: a.slots + b.slots,
  slotSeconds: {
    busy: a.slotSeconds.busy + b.slotSeconds.busy,
    sandbox: a.slotSeconds.sandbox + b.slotSeconds.sandbox,
    starved: a.slotSeconds.starved + b.slotSeconds.starved,
    stopped: a.slotSeconds.stopped + b.slotSeconds.stopped,
  },
});
