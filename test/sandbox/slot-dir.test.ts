import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { trashName } from '../../src/sandbox/cleanup/place.ts';
import { removeSlotDir } from '../../src/sandbox/slot-dir.ts';
import * as host from './support/host.ts';

describe('taking the directory of a slot away', () => {
  let slots: string;
  beforeEach(() => {
    slots = host.makeTempDir();
  });
  afterEach(() => host.removeTempDir(slots));

  it('is taken up where an earlier try failed, and leaves the trash of other slots alone', async () => {
    mkdirSync(join(slots, 'build'));
    writeFileSync(join(slots, 'build/file'), '');
    renameSync(join(slots, 'build'), join(slots, trashName('build', '0123456789ab')));
    mkdirSync(join(slots, trashName('build-2', '0123456789ab')));
    await removeSlotDir(join(slots, 'build'));
    expect(readdirSync(slots)).toEqual([trashName('build-2', '0123456789ab')]);
    await removeSlotDir(join(slots, 'build'));
  });
});
