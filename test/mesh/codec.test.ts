import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { decodeFrame, encodeFrame } from '../../src/mesh/codec.ts';
import { sampleEntries, sampleItem, sampleLife, sampleMessages, samplePlan } from './support/samples.ts';

const packr = new Packr({ useRecords: false });
const pack = (value: unknown): Buffer => Buffer.from(packr.pack(value));
/** A message with one field changed, as an agent that means harm would send it. */
const spoil = (kind: keyof typeof sampleMessages, change: object): Buffer =>
  pack({ ...sampleMessages[kind], ...change });
const spoilItem = (change: object): Buffer => spoil('give', { item: { ...sampleItem, ...change } });

describe('a message', () => {
  it.each(Object.values(sampleMessages))('of kind $kind arrives as it was sent', (message) => {
    expect(decodeFrame(encodeFrame(message))).toEqual({ kind: 'frame', frame: message });
  });

  it('has no field where its value is undefined: neither end takes nothing for null', () => {
    const value = packr.unpack(encodeFrame(sampleMessages.heartbeat));
    expect(value).not.toHaveProperty('ballot');
    expect(value.load).not.toHaveProperty('diskFreeBytes');
    expect(decodeFrame(spoil('heartbeat', { ballot: null })).kind).toBe('bad');
  });

  it('of a later version keeps what this one knows of it', () => {
    const later = spoil('leave', { grace: 5 });
    expect(decodeFrame(later)).toEqual({ kind: 'frame', frame: sampleMessages.leave });
  });

  it('of a kind that only a later version knows is told apart from a bad one', () => {
    expect(decodeFrame(pack({ kind: 'teleport', to: 'h2' }))).toEqual({ kind: 'unknown', name: 'teleport' });
    for (const kind of ['constructor', '__proto__', 'toString']) {
      expect(decodeFrame(pack({ kind })).kind).not.toBe('frame');
    }
  });

  it.each<[string, Buffer]>([
    ['names a task that leads out of a directory', spoilItem({ task: '../../etc/passwd' })],
    ['names a task with an absolute path', spoilItem({ task: '/etc/passwd' })],
    ['names a task that is an option', spoilItem({ task: '-rf' })],
    ['names a task in three parts', spoilItem({ task: 'a/b/c' })],
    ['names a task with a line break', spoilItem({ task: 'a-1\nb-1' })],
    ['names a task of great length', spoilItem({ task: 'a'.repeat(201) })],
    ['has a token that is none', spoilItem({ token: '1.2.3@h' })],
    ['has a token with another spelling of a number', spoilItem({ token: '01.1.1.0@h1' })],
    ['has a plan that is no hash', spoilItem({ planId: `${samplePlan.slice(2)}..` })],
    ['has a number that is none', spoil('probed', { heardAgoMs: Number.NaN })],
    ['has a number without end', spoil('probed', { heardAgoMs: Number.POSITIVE_INFINITY })],
    ['counts in fractions', spoil('canvass', { round: 1.5 })],
    ['counts beyond what is exact', spoil('canvass', { round: 2 ** 60 })],
    ['has a text for a number', spoil('canvass', { round: '4' })],
    ['lacks a field', pack({ kind: 'leave' })],
    ['has a list of too many', spoil('returned', { items: Array(4_097).fill(sampleItem) })],
    ['has gaps in a journal', spoil('entries', { entries: [sampleEntries[0], sampleEntries[2]] })],
    ['has entries of another life', spoil('entries', { origin: { ...sampleLife, incarnation: 8 } })],
    ['is a list', pack([1, 2])],
    ['is a number', pack(7)],
    ['has a kind that is no text', pack({ kind: 7 })],
    ['is empty', Buffer.alloc(0)],
  ])('that %s is bad', (_what, bytes) => {
    expect(decodeFrame(bytes)).toEqual({ kind: 'bad', why: expect.any(String) });
  });

  it('that peers would refuse is not sent: the fault is named here', () => {
    const broken = { ...sampleMessages.canvass, round: -1 };
    expect(() => encodeFrame(broken)).toThrow(
      expect.objectContaining({ code: 'MESH_UNSENDABLE', message: expect.stringContaining('round') }),
    );
  });

  it('is nothing that bytes can be made to crash the reader with', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(decodeFrame(bytes).kind).not.toBe('frame');
      }),
      { numRuns: 2_000 },
    );
    const good = encodeFrame(sampleMessages.entries);
    const at = fc.nat(good.length - 1);
    fc.assert(
      fc.property(at, fc.nat(255), (place, byte) => {
        const bytes = Buffer.from(good);
        bytes[place] = byte;
        expect(['frame', 'unknown', 'bad']).toContain(decodeFrame(bytes).kind);
        expect(['frame', 'unknown', 'bad']).toContain(decodeFrame(good.subarray(0, place)).kind);
      }),
      { numRuns: 2_000 },
    );
  });
});
