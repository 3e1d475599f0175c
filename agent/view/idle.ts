import { type AgentState, viewWait } from '../../src/core/agent.ts';
import { describeWait } from '../waiting.ts';

/** Why this host starts nothing more at this moment, in one line; undefined: nothing is in the way. */
export const describeOwnIdle = (core: AgentState): string | undefined => {
  const wait = viewWait(core);
  return wait === undefined ? undefined : describeWait(wait);
};
