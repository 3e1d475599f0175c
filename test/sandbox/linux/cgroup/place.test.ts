import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeGroups } from '../../../../src/sandbox/linux/cgroup/groups.ts';
import { findPlaces, openPlace, type View } from '../../../../src/sandbox/linux/cgroup/place.ts';
import type { MountEntry } from '../../../../src/sandbox/mounts.ts';
import * as host from '../../support/host.ts';

const all = 'cpuset cpu io memory pids';

describe('where control groups can be made', () => {
  let top: string;
  beforeEach(() => {
    top = join(host.makeTempDir(), 'cgroup');
    mkdirSync(top);
  });
  afterEach(() => host.removeTempDir(dirname(top)));

  /** A group with the files that the kernel would make. */
  const lay = (path: string, files: Readonly<Record<string, string>> = {}): string => {
    const dir = join(top, path);
    mkdirSync(dir, { recursive: true });
    const usual = { 'cgroup.procs': '', 'cgroup.subtree_control': '', 'cgroup.controllers': all };
    const typed = path === '' ? usual : { ...usual, 'cgroup.type': 'domain' };
    for (const [name, text] of Object.entries({ ...typed, ...files })) writeFileSync(join(dir, name), text);
    return dir;
  };
  const mount = (type: string, target: string, superOptions = 'rw', root = '/'): MountEntry => ({
    ...{ type, target, superOptions, root },
    ...{ options: ['rw'], source: type, isShared: false },
  });
  const view = (own: string, isRoot: boolean, mounts = [mount('cgroup2', top)]): View => ({
    ...{ own, isRoot, mounts },
  });

  it('is a group of its own that was delegated to the agent: it goes one down, and hands controllers on', () => {
    lay('');
    const own = lay('user/agent.service', { 'cgroup.procs': `${process.pid}\n` });
    const [place, ...more] = findPlaces(view('0::/user/agent.service\n', false));
    expect(more).toEqual([]);
    expect(place).toEqual({
      ...{ version: 2, top, parent: own, mustLeave: true },
      controllers: ['pids', 'memory', 'cpu'],
    });
    if (place === undefined) return;
    lay('user/agent.service/bulkmesh-x');
    expect(openPlace(place, 'bulkmesh-x')).toEqual(['pids', 'memory', 'cpu']);
    expect(readFileSync(join(own, 'bulkmesh-agent/cgroup.procs'), 'utf8')).toBe(String(process.pid));
    expect(existsSync(join(own, 'bulkmesh-x'))).toBe(true);
  });

  it('is the group around it once it has gone down, or was put there', () => {
    const unit = lay('unit');
    lay('unit/bulkmesh-agent', { 'cgroup.procs': `${process.pid}\n` });
    expect(findPlaces(view('0::/unit/bulkmesh-agent\n', false))).toMatchObject([
      { parent: unit, mustLeave: false, controllers: ['pids', 'memory', 'cpu'] },
    ]);
  });

  it('is the root of the hierarchy for root among other processes, and nothing more than kills for others', () => {
    lay('');
    const session = lay('session', { 'cgroup.procs': `1\n${process.pid}\n` });
    expect(findPlaces(view('0::/session\n', true))).toMatchObject([{ parent: top, mustLeave: false }]);
    expect(findPlaces(view('0::/session\n', false))).toMatchObject([{ parent: session, controllers: [] }]);
    expect(describeGroups(view('0::/session\n', false)).lost).toHaveLength(3);
  });

  it('has no controllers that the kernel does not hand on there', () => {
    lay('', { 'cgroup.controllers': 'cpu pids' });
    const [place] = findPlaces(view('0::/\n', true));
    expect(place).toMatchObject({ parent: top, controllers: ['pids', 'cpu'] });
    if (place === undefined) return;
    // Without the file, as with a refusal, a controller is not there.
    expect(openPlace(place, 'bulkmesh-x')).toEqual([]);
  });

  it('is the group of the process in each old hierarchy, as far as a container sees it', () => {
    for (const name of ['pids', 'memory/inner', 'cpu,cpuacct']) lay(name);
    const mounts = [
      mount('cgroup', join(top, 'pids'), 'rw,pids', '/docker/abc'),
      mount('cgroup', join(top, 'memory'), 'rw,memory'),
      mount('cgroup', join(top, 'cpu,cpuacct'), 'rw,cpu,cpuacct'),
      mount('cgroup', join(top, 'systemd'), 'rw,name=systemd'),
    ];
    const own = '9:name=systemd:/\n8:pids:/docker/abc\n4:memory:/inner\n1:cpu,cpuacct:/gone\n';
    const places = findPlaces(view(own, true, mounts));
    expect(places.map(({ parent, controllers }) => [parent, ...controllers])).toEqual([
      [join(top, 'pids'), 'pids'],
      [join(top, 'memory/inner'), 'memory'],
      [join(top, 'cpu,cpuacct'), 'cpu'],
    ]);
    expect(findPlaces(view(own, false, mounts))).toEqual([]);
  });

  it('is nowhere where there are none, and it is said what that costs', () => {
    const report = describeGroups(view('', true, []));
    expect(report).toMatchObject({ versions: [], controllers: [], killsAtOnce: false });
    expect(report.lost.join('\n')).toMatch(/processes_total(?:.|\n)*memory_total(?:.|\n)*CPU time/);
  });
});
