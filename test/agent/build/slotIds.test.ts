import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findSlotIds } from '../../../agent/build/slotIds.ts';
import type { Config } from '../../../src/config/config.ts';
import { driverTraits } from '../../../src/sandbox/traits.ts';
import { nobody } from '../../sandbox/support/host.ts';
import { type FakeTree, layFakeTree } from '../support/fake-tree.ts';

const accounts = { passwd: 'root:x:0:0::/:/bin/sh\n', subuid: '', uidMap: '0 0 4294967295\n' };
const isRoot = process.getuid?.() === 0;

describe.skipIf(!isRoot)(
  `user ids for the slots of an agent${isRoot ? '' : ' (SKIPPED: needs root)'}`,
  () => {
    let tree: FakeTree;
    beforeEach(() => {
      tree = layFakeTree();
    });
    afterEach(() => tree.remove());

    const find = (
      sandbox: Partial<Config['sandbox']>,
      changes: Partial<typeof accounts> = {},
      user = nobody,
    ) => {
      const config = { ...tree.config, sandbox: { ...tree.config.sandbox, ...sandbox } };
      return findSlotIds(config, driverTraits.linux, user, { ...accounts, ...changes });
    };

    it('are given where nobody has them, the same for the life of the agent', () => {
      const found = find({ firstUid: 3_000_000 });
      expect(found).toMatchObject({ ids: { user: nobody, count: 640 }, warnings: [] });
      expect(((found.ids?.first ?? 0) - 3_000_000) % 640).toBe(0);
      expect(find({ firstUid: 3_000_000 })).toEqual(found);
      expect(find({ firstUid: 0 })).toEqual({ ids: undefined, warnings: [] });
    });

    it.each([
      ['an account', { passwd: 'eve:x:3000100:1::/:/bin/sh\n' }, 'the account eve has the user id 3000100'],
      ['a range of subuid', { subuid: 'eve:2999999:2\n' }, '/etc/subuid gives eve'],
      ['a container', { uidMap: '0 100000 65536\n' }, 'has no user ids 3000000 to 3007039'],
    ])('are refused when the configuration wants those that %s keeps from it', (_, changes, words) => {
      expect(() => find({ firstUid: 3_000_000 }, changes)).toThrow(
        expect.objectContaining({ code: 'UIDS_TAKEN', message: expect.stringContaining(words) }),
      );
    });

    it('are left out with a warning when nobody asked for them', () => {
      const found = find({ firstUid: undefined }, { uidMap: '0 100000 65536\n' });
      expect(found.ids).toBeUndefined();
      expect(found.warnings).toEqual([expect.stringContaining('all slots build as nobody')]);
      const shared = find({ firstUid: undefined, rwDirs: ['/ccache'] });
      expect(shared.warnings).toEqual([expect.stringContaining('rw_dirs')]);
    });
  },
);
