import type { StepTime } from '../core/facts/fact.ts';
import { stepsSchema } from './entryRow.ts';
import { BadValue } from './row.ts';

/**
 * The steps of a run as the history keeps them: `name wallMs cpuMs`, divided by `;`. A third of their JSON: with 25
 * builds of each of 30,000 packages that is what the file consists of.
 */
export const encodeSteps = (steps: readonly StepTime[]): string =>
  steps
    .map(({ step, wallMs, cpuMs }) => `${step.replaceAll(/[;\s]/g, '-')} ${count(wallMs)} ${count(cpuMs)}`)
    .join(';');

/** The reverse; also reads the JSON that the first format of the store had. Throws `BadValue`. */
export const decodeSteps = (text: string): readonly StepTime[] => {
  if (text === '' || text === '[]') return [];
  if (text.startsWith('[')) return decodeJson(text);
  return text.split(';').map((part) => {
    const [, step = '', wallMs, cpuMs] = /^(\S+) (\d+) (\d+)$/.exec(part) ?? [];
    if (step === '') throw new BadValue(`steps: ${JSON.stringify(part)}`);
    return { step, wallMs: Number(wallMs), cpuMs: Number(cpuMs) };
  });
};

const count = (ms: number): number => {
  if (!Number.isFinite(ms)) throw new BadValue(`steps: ${ms} is no time`);
  return Math.max(0, Math.round(ms));
};

const decodeJson = (text: string): readonly StepTime[] => {
  try {
    return stepsSchema.parse(JSON.parse(text));
  } catch {
    throw new BadValue('steps: no JSON of steps');
  }
};
