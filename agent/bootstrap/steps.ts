import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** How often the log is looked at. */
const lookMs = 300;
/** No line that says a step is longer. */
const lineCharsMax = 4096;

/** What the script does: the lines with which it and pkgsrc announce a step. */
const stepLine = /^={1,3}> (?!running: )(.*)$/;

/** Follows a log as it grows and tells each step announced in it, until it is ended; then it has told them all. */
export function followSteps(path: string, onStep: (text: string) => void): { end(): Promise<void> } {
  const stop = new AbortController();
  const following = follow(path, onStep, stop.signal);
  return {
    end: async () => {
      stop.abort();
      await following;
    },
  };
}

async function follow(path: string, onStep: (text: string) => void, signal: AbortSignal): Promise<void> {
  await using file = await open(path, 'r');
  const buffer = Buffer.alloc(64 * 1024);
  let rest = '';
  for (let isLast = false; !isLast; ) {
    isLast = signal.aborted;
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) break;
      const lines = (rest + buffer.toString('utf8', 0, bytesRead)).split('\n');
      rest = (lines.pop() ?? '').slice(0, lineCharsMax);
      for (const line of lines) {
        const step = stepLine.exec(line)?.[1];
        if (step !== undefined) onStep(step);
      }
    }
    if (!isLast) await delay(lookMs, undefined, { signal }).catch(() => undefined);
  }
}
