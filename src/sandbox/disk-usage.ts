import type { Sandbox } from './driver.ts';
import { toolPath } from './process.ts';

const waitMs = 30_000;

/** Bytes that a directory takes inside, as the du(1) there tells; 0 where it tells nothing of use. */
export async function measureInside({ run }: Pick<Sandbox, 'run'>, path: string): Promise<number> {
  const result = await run({
    argv: [toolPath('du'), '-sk', '--', path],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    cwd: '/',
    user: undefined,
    network: false,
    output: { kind: 'capture', maxBytes: 4096 },
    signal: AbortSignal.timeout(waitMs),
  });
  const kilobytes = result.kind === 'exited' ? /^(\d+)\s/.exec(result.stdout)?.[1] : undefined;
  const bytes = Number(kilobytes ?? 0) * 1024;
  return Number.isSafeInteger(bytes) ? bytes : 0;
}
