import { describe, expect, it } from 'vitest';
import { type AccountHost, makeAccount, planAccount } from '../../agent/newUser.ts';

const host = (platform: NodeJS.Platform, programs: readonly string[] = []): AccountHost => ({
  platform,
  has: (program) => programs.includes(program),
  freeId: async () => 612,
});

describe('planAccount', () => {
  it('makes the account with a group of its own, by the program that the system has', async () => {
    expect(await planAccount('pbulk', host('linux', ['useradd', 'adduser']))).toEqual([
      ['useradd', '-m', '-U', '-s', '/bin/sh', '-c', 'builds packages', 'pbulk'],
    ]);
    expect((await planAccount('pbulk', host('linux', ['adduser'])))?.[0]?.slice(0, 2)).toEqual([
      'adduser',
      '-D',
    ]);
    expect((await planAccount('pbulk', host('netbsd')))?.[0]).toContain('=uid');
    expect((await planAccount('pbulk', host('freebsd')))?.[0]?.slice(0, 3)).toEqual([
      'pw',
      'useradd',
      'pbulk',
    ]);
    expect((await planAccount('pbulk', host('sunos')))?.map(([program]) => program)).toEqual([
      'groupadd',
      'useradd',
    ]);
  });

  it('gives the same free number to account and group where the system finds none itself', async () => {
    const commands = (await planAccount('pbulk', host('darwin'))) ?? [];
    expect(commands.every(([program]) => program === 'dscl')).toBe(true);
    expect(commands.filter((argv) => argv.at(-1) === '612')).toHaveLength(3);
  });

  it('knows of no way on a system that it does not know', async () => {
    expect(await planAccount('pbulk', host('linux'))).toBeUndefined();
    expect(await planAccount('pbulk', host('aix'))).toBeUndefined();
  });

  it('stops at the first command that fails, and says what it said', async () => {
    await expect(
      makeAccount([['true'], ['sh', '-c', 'echo taken >&2; exit 9'], ['false']]),
    ).rejects.toMatchObject({
      code: 'BUILD_USER_NOT_MADE',
      message: expect.stringContaining('taken'),
    });
  });
});
