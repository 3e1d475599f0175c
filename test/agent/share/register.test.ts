import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Entry, findRegisterDir, openRegister } from '../../../agent/share/register.ts';

const entry = (id: string, more: Partial<Entry> = {}): Entry => ({
  id,
  pid: process.pid,
  configFile: `/${id}.toml`,
  slots: 2,
  cores: 4,
  directories: [],
  sinceMs: 1,
  ...more,
});

describe('the register of agents with work', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'bulkmesh-share-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('shows each the others while they are in it', () => {
    const one = openRegister(dir, 'one');
    const two = openRegister(dir, 'two');
    one.enter(entry('one'));
    expect(one.listOthers()).toEqual([]);
    expect(two.listOthers()).toEqual([entry('one')]);
    two.enter(entry('two'));
    expect(one.listOthers()).toEqual([entry('two')]);
    one.enter(entry('one', { slots: 1 }));
    expect(two.listOthers()).toEqual([entry('one', { slots: 1 })]);
    one.leave();
    expect(two.listOthers()).toEqual([]);
    one.enter(entry('one'));
    expect(two.listOthers()).toHaveLength(1);
    two.leave();
    one.leave();
  });

  it('forgets one that was killed, and lets its successor in', async () => {
    const register = join(import.meta.dirname, '../../../agent/share/register.ts');
    const program =
      `import { openRegister } from ${JSON.stringify(register)};` +
      `openRegister(${JSON.stringify(dir)}, 'dying').enter(${JSON.stringify(entry('dying'))});` +
      `console.log('in'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    const mine = openRegister(dir, 'mine');
    expect(mine.listOthers().map(({ id }) => id)).toEqual(['dying']);
    expect(() => openRegister(dir, 'dying').enter(entry('dying'))).toThrow(/another process stands for/);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(mine.listOthers()).toEqual([]);
    expect(existsSync(join(dir, 'dying.json'))).toBe(false);
    const successor = openRegister(dir, 'dying');
    successor.enter(entry('dying'));
    expect(mine.listOthers()).toHaveLength(1);
    successor.leave();
  });

  it('takes what is no entry for none', () => {
    const mine = openRegister(dir, 'mine');
    const other = openRegister(dir, 'other');
    other.enter(entry('other'));
    for (const text of [
      '',
      '{',
      '{}',
      '[]',
      JSON.stringify({ ...entry('other'), slots: 0 }),
      JSON.stringify(entry('x')),
    ]) {
      writeFileSync(join(dir, 'other.json'), text);
      expect(mine.listOthers()).toEqual([]);
    }
    writeFileSync(join(dir, 'a b.json'), JSON.stringify(entry('a b')));
    mkdirSync(join(dir, 'dir.json'));
    expect(mine.listOthers()).toEqual([]);
    rmSync(dir, { recursive: true });
    expect(mine.listOthers()).toEqual([]);
    other.leave();
  });
});

describe('the place of the register', () => {
  it('is what the environment names, made if need be, and none where that is empty', () => {
    const base = mkdtempSync(join(tmpdir(), 'bulkmesh-share-'));
    const dir = join(base, 'a/b');
    expect(findRegisterDir({ BULKMESH_SHARE: dir })).toEqual({ kind: 'found', dir });
    expect(findRegisterDir({ BULKMESH_SHARE: '' })).toMatchObject({ kind: 'none' });
    rmSync(base, { recursive: true });
  });

  it('is none where others could write to it, or it is a link', () => {
    const base = mkdtempSync(join(tmpdir(), 'bulkmesh-share-'));
    chmodSync(base, 0o777);
    expect(findRegisterDir({ BULKMESH_SHARE: base })).toMatchObject({ kind: 'none' });
    chmodSync(base, 0o700);
    symlinkSync(base, `${base}.link`);
    expect(findRegisterDir({ BULKMESH_SHARE: `${base}.link` })).toMatchObject({ kind: 'none' });
    rmSync(`${base}.link`);
    rmSync(base, { recursive: true });
  });
});
