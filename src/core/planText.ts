import { buildId, type TaskName, taskName } from './ids.ts';
import type { Plan, Task } from './plan.ts';

/**
 * The plan that `canonicalPlan` made these lines of. Undefined when they are no such text: bytes whose hash is not
 * the plan's id are refused before they come here, so that it is a matter of versions and never of tampering.
 */
export const parseCanonicalPlan = (text: string): Plan | undefined => {
  const lines = text.split('\n').filter((line) => line !== '');
  const head = readHead(lines[0]);
  const tasks = lines.slice(1).map(readTask);
  if (head === undefined || tasks.includes(undefined)) return undefined;
  return { ...head, tasks: tasks.filter((task) => task !== undefined) };
};

const readHead = (line: string | undefined): Omit<Plan, 'tasks'> | undefined => {
  const [word, format, build, platform, files, sheet] = readArray(line);
  if (word !== 'plan' || format !== 4 || typeof build !== 'string') return undefined;
  if (typeof platform !== 'string' || typeof files !== 'boolean' || typeof sheet !== 'string')
    return undefined;
  return {
    build: buildId(build),
    ...(platform !== '' && { platform }),
    ...(files && { files }),
    ...(sheet !== '' && { sheet }),
  };
};

const readTask = (line: string): Task | undefined => {
  const [name, needs, estimateMs, jobsSafe, weight, diskBytes, memoryBytes] = readArray(line);
  if (typeof name !== 'string' || typeof estimateMs !== 'number') return undefined;
  if (typeof jobsSafe !== 'boolean' || typeof weight !== 'number' || !isNames(needs)) return undefined;
  if (typeof diskBytes !== 'number' || typeof memoryBytes !== 'number') return undefined;
  return { name: taskName(name), needs, estimateMs, jobsSafe, weight, diskBytes, memoryBytes };
};

const isNames = (value: unknown): value is readonly TaskName[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

const readArray = (line: string | undefined): readonly unknown[] => {
  try {
    const value: unknown = JSON.parse(line ?? '');
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
};
