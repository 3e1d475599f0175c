import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type RestrictedEnd, runRestricted } from '../../src/sandbox/restricted.ts';
import { confinedTitle, noConfinement } from '../pkgsrc/pbulkconf/support.ts';

const run = (fragment: string, more: { readonly isTrusted?: boolean; readonly timeMs?: number } = {}) =>
  runRestricted({
    script: '. "$1"; echo "$answer" >&3',
    args: [],
    fragment: Buffer.from(fragment),
    file: '/etc/hosts',
    env: {},
    isTrusted: false,
    timeMs: 20_000,
    bytesMax: 10_000,
    ...more,
  });

const answerOf = (end: RestrictedEnd): string =>
  end.kind === 'exited' ? end.answer.toString().trim() : JSON.stringify(end);

describe.skipIf(noConfinement !== undefined)(confinedTitle('a restricted shell'), () => {
  it('sees no mount that it could write to, but for what nobody can reach any more', async () => {
    const writable =
      "awk '{ if ($6 !~ /(^|,)ro(,|$)/) print $5 }' /proc/self/mountinfo | while read -r dir; do " +
      'if touch "$dir/bulkmesh-was-here" 2>/dev/null; then echo "$dir"; fi; done';
    expect(answerOf(await run(`answer=$(${writable})`))).toBe('');
  });

  it('has no rights and can get none', async () => {
    const status = answerOf(await run('answer=$(cat /proc/self/status)'));
    expect(status).toMatch(/NoNewPrivs:\s*1/);
    expect(status).toMatch(/CapEff:\s*0+\n/);
    expect(status).toMatch(/CapBnd:\s*0+\n/);
    if (process.getuid?.() === 0) expect(status).toMatch(/Uid:\s*65534\s+65534\s+65534\s+65534/);
  });

  it('sees no process but its own, and no sockets of services', async () => {
    expect(answerOf(await run('answer=$(echo /proc/[0-9]* | wc -w; ls /run)'))).toMatch(
      /^[1-4]\nfragment(\nmount)?$/,
    );
  });

  it('reaches no program of the host by its socket, wherever that lies', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'bulkmesh-sockets-'));
    chmodSync(dir, 0o755);
    const path = join(dir, 'control');
    let calls = 0;
    const server = createServer((caller) => {
      calls += 1;
      caller.destroy();
    });
    try {
      await new Promise<void>((resolve) => server.listen({ path, writableAll: true }, resolve));
      const call = `"${process.execPath}" -e 'require("net").connect("${path}").on("error", () => {})'`;
      const end = await run(`[ -S "${path}" ] && kind=socket || kind=hidden; ${call}; answer=$kind`);
      expect(answerOf(end)).toBe('hidden');
      expect(calls).toBe(0);
    } finally {
      server.close();
      rmSync(dir, { recursive: true });
    }
  });

  it('is killed when its time is over, with all that it started', async () => {
    expect(await run('sleep 86399 & while :; do :; done', { timeMs: 500 })).toMatchObject({
      kind: 'killed',
      why: 'time',
    });
  });

  it('is killed when it prints too much', async () => {
    expect(await run('while :; do echo flood; done')).toMatchObject({ kind: 'killed', why: 'output' });
  });
});

describe('a shell fragment that is trusted', () => {
  it('runs from its own file with the rights of this account, within the same bounds', async () => {
    const fragment = 'not what is run';
    expect(await run(fragment, { isTrusted: true })).toMatchObject({ kind: 'exited', code: 0 });
  });
});
