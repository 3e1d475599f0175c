import type { Wait } from '../src/core/dispatch/wait.ts';

/** Why nothing starts, in one line for a person. */
export const describeWait = (wait: Wait): string => {
  switch (wait.kind) {
    case 'disk': {
      const { freeBytes, totalBytes, isFull } = wait;
      const share = totalBytes === 0 ? 0 : Math.floor((100 * freeBytes) / totalBytes);
      const room = `disk ${share} % free (${formatGib(freeBytes)} of ${formatGib(totalBytes)})`;
      return isFull ? `nothing starts, make room: ${room}` : `nothing starts beside what runs: ${room}`;
    }
    case 'room': {
      const { task, what, neededBytes, freeBytes } = wait;
      return `${task} waits: it needs ${formatGib(neededBytes)} of ${what}, ${formatGib(freeBytes)} is left`;
    }
    case 'alone':
      return `nothing starts beside ${wait.task}, which has run out of memory and gets the host for itself`;
  }
};

const formatGib = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
