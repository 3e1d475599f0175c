import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  compareFingerprints,
  type Fingerprint,
  takeFingerprint,
} from '../../../src/sandbox/cleanup/fingerprint.ts';
import { trashName } from '../../../src/sandbox/cleanup/place.ts';
import { watchSlot } from '../../../src/sandbox/cleanup/proof.ts';
import * as host from '../support/host.ts';

const mebibyte = 2 ** 20;

describe('the fingerprint of a slot', () => {
  const before: Fingerprint = {
    mounts: [],
    processes: [],
    entries: [],
    outside: { count: 30, digest: 'a' },
    freeBytes: 1000 * mebibyte,
  };

  it('tells in words what a slot has left', () => {
    const after = {
      ...before,
      mounts: ['/s/slots/build-1/root'],
      processes: ['process 7 (sleep)'],
      entries: ['/s/slots/build-1'],
    };
    expect(compareFingerprints(before, after, 0)).toEqual({
      dirty: ['/s/slots/build-1/root is mounted', 'process 7 (sleep) runs', '/s/slots/build-1 is there'],
      notes: [],
    });
    expect(compareFingerprints(after, after, 0).dirty).toEqual([]);
    expect(compareFingerprints(after, before, 0).dirty).toEqual([]);
  });

  it('makes no slot pay for what the host mounted meanwhile, nor for the space that its package takes', () => {
    const after = { ...before, outside: { count: 31, digest: 'b' }, freeBytes: 700 * mebibyte };
    const told = 'the host had 30 mounts of its own before and 31 after';
    expect(compareFingerprints(before, after, 300 * mebibyte)).toEqual({ dirty: [], notes: [told] });
    expect(compareFingerprints(before, after, undefined).notes).toEqual([told]);
    expect(compareFingerprints(before, after, 0).notes).toEqual([told, '300 MiB of free space are gone']);
  });
});

describe('looking at a real slot', () => {
  let dir: string;
  beforeEach(() => {
    dir = host.makeTempDir();
  });
  afterEach(() => host.removeTempDir(dir));

  it('sees its directory and its trash, not those of another slot', () => {
    const proveClean = watchSlot(join(dir, 'slots/build-1'), {
      isAlone: () => false,
      onNote: () => undefined,
    });
    mkdirSync(join(dir, 'slots/build-10'), { recursive: true });
    mkdirSync(join(dir, 'slots', trashName('build-1-x', '0123456789ab')));
    proveClean();
    const trash = join(dir, 'slots', trashName('build-1', '0123456789ab'));
    mkdirSync(trash);
    expect(proveClean).toThrow(`not as it was: ${trash} is there`);
    rmSync(trash, { recursive: true });
    writeFileSync(join(dir, 'slots/build-1'), '');
    expect(proveClean).toThrow('build-1 is there');
  });

  it('knows what is free before there is any slot', () => {
    expect(takeFingerprint(join(dir, 'not/yet/there')).freeBytes).toBeGreaterThan(0);
  });
});
