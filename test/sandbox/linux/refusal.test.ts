import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explainRefusal } from '../../../src/sandbox/linux/refusal.ts';
import * as host from '../support/host.ts';

describe('the reason why an ordinary account has no sandboxes', () => {
  let dir: string;
  beforeEach(() => {
    dir = host.makeTempDir();
    mkdirSync(join(dir, 'kernel'));
    mkdirSync(join(dir, 'user'));
    writeFileSync(join(dir, 'kernel/unprivileged_userns_clone'), '1\n');
    writeFileSync(join(dir, 'user/max_user_namespaces'), '63000\n');
  });
  afterEach(() => host.removeTempDir(dir));

  it.each([
    ['kernel.unprivileged_userns_clone', '0', '1'],
    ['user.max_user_namespaces', '0', '10000'],
    ['kernel.apparmor_restrict_unprivileged_userns', '1', '0'],
  ])('is %s where that is %s, and the command that changes it', (name, closed, open) => {
    writeFileSync(join(dir, ...name.split('.')), `${closed}\n`);
    expect(explainRefusal('mount: permission denied', dir)).toEqual({
      why: `${name} is ${closed}`,
      hint: `sysctl -w ${name}=${open}, or start the agent as root`,
    });
  });

  it('is what mount said where no setting forbids it, with what that means', () => {
    const { why, hint } = explainRefusal('mount: unknown option userxattr of overlay', dir);
    expect(why).toMatch(/^mount: unknown option userxattr of overlay \(Linux .*\)$/);
    expect(hint).toContain('Linux 5.11');
    expect(explainRefusal('mount: /x/proc: permission denied', dir).hint).toContain('container');
  });
});
