import { closeSync, copyFileSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogHoles } from '../../../../src/pkgsrc/build/watch/holes.ts';
import { makePlace, type Place } from '../fixture.ts';

const MIB = 1 << 20;

let place: Place;
beforeEach(async () => {
  place = await makePlace();
});
afterEach(() => place.remove());

describe.skipIf(process.platform !== 'linux')('room that a log gives back (SKIPPED unless on Linux)', () => {
  it('is that of the log alone, though the log is closed and its number given to another file meanwhile', async () => {
    const [log, other] = ['build.log', 'other'].map((name) => join(place.dir, name));
    if (log === undefined || other === undefined) throw new Error('two names were given');
    const text = Buffer.alloc(4 * MIB, 'full of words\n');
    writeFileSync(log, text);
    copyFileSync(log, other);
    const holes = new LogHoles(MIB);
    const fd = openSync(log, 'a');
    const punching = holes.punch(fd, text.length);
    closeSync(fd);
    const next = openSync(other, 'r+');
    expect(next).toBe(fd);
    await punching;
    closeSync(next);
    expect(readFileSync(other).equals(text)).toBe(true);
    expect(holes.canPunch).toBe(statSync(log).blocks * 512 < 2 * MIB);
  });
});
