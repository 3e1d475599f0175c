import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RepeatCounter } from '../../../../src/pkgsrc/build/watch/repeats.ts';
import { makePlace, type Place } from '../fixture.ts';

let place: Place;
let fd: number;
beforeEach(async () => {
  place = await makePlace();
  fd = openSync(join(place.dir, 'log'), 'a+');
});
afterEach(async () => {
  closeSync(fd);
  await place.remove();
});

const look = (counter: RepeatCounter, text: string): number => {
  writeSync(fd, text);
  return counter.look(fd, fstatSync(fd).size);
};

describe('counting equal lines', () => {
  it('adds up what is printed between looks, also where a look falls into a line', () => {
    const counter = new RepeatCounter(0);
    const text = 'again\n'.repeat(10_000);
    look(counter, text.slice(0, 20_003));
    const count = look(counter, text.slice(20_003));
    expect(count).toBeGreaterThan(9990);
    expect(count).toBeLessThanOrEqual(10_000);
  });

  it('takes millions of lines at once by their beginning and end', () => {
    expect(look(new RepeatCounter(0), 'y\n'.repeat(2_000_000))).toBe(2_000_000);
  });

  it('counts on where the beginning of what is new has been cut out of the log already', () => {
    const counter = new RepeatCounter(0);
    look(counter, 'y\n'.repeat(1_000_000));
    writeSync(fd, Buffer.alloc(200_000));
    expect(look(counter, 'y\n'.repeat(1_000_000))).toBeGreaterThan(2_000_000);
  });

  it('begins anew with another line', () => {
    const counter = new RepeatCounter(0);
    look(counter, 'one\n'.repeat(5000));
    expect(look(counter, 'two\n'.repeat(2000))).toBeLessThanOrEqual(2000);
    const different = Array.from({ length: 2000 }, (_, index) => `line ${index}\n`).join('');
    expect(look(counter, different)).toBe(0);
  });

  it('does not take a little output, or one long line, for many equal ones', () => {
    const counter = new RepeatCounter(0);
    expect(look(counter, 'short\n')).toBe(0);
    expect(look(counter, 'x'.repeat(100_000))).toBe(0);
  });

  it('counts nothing of what was in the log before', () => {
    writeSync(fd, 'old\n'.repeat(5000));
    const counter = new RepeatCounter(fstatSync(fd).size);
    expect(counter.look(fd, fstatSync(fd).size)).toBe(0);
  });
});
