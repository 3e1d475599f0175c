import type { AgentState } from '../../src/core/agent.ts';
import { findEnd, viewFile } from '../../src/core/fileView.ts';
import { listEnds, viewMesh } from '../../src/core/meshView.ts';
import type { CoreView } from './ports.ts';

/** What an agent's core knows of files, as it is at the time of each question. */
export const viewCore = (core: AgentState): CoreView => ({
  viewFile: (planId, task) => viewFile(core, planId, task),
  listEnds: (planId) => listEnds(core, planId),
  findEnd: (planId, task) => findEnd(core, planId, task),
  findLeader: () => viewMesh(core).leader?.host,
});
