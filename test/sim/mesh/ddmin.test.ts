import { describe, expect, it } from 'vitest';
import { shrinkList } from './ddmin.ts';

const letters = [...'abcdefghijklmnopqrstuvwxyz'];
const needs =
  (...wanted: readonly string[]) =>
  (part: readonly string[]): boolean =>
    wanted.every((each) => part.includes(each));

describe('shrinking a list', () => {
  it('leaves exactly the items that the failure needs, in their order', () => {
    expect(shrinkList(letters, needs('c', 'd', 'x'))).toEqual(['c', 'd', 'x']);
  });

  it('leaves nothing where nothing is needed', () => {
    expect(shrinkList(letters, () => true)).toEqual([]);
  });

  it('leaves all where all are needed', () => {
    expect(shrinkList(letters, (part) => part.length === letters.length)).toEqual(letters);
  });

  it('leaves out what could only go after something else had gone', () => {
    // b may go only without c.
    const fails = (part: readonly string[]): boolean =>
      part.includes('a') && (part.includes('b') || !part.includes('c'));
    expect(shrinkList(['a', 'b', 'c'], fails)).toEqual(['a']);
  });

  it('stops when it has tried often enough, with a list that still fails', () => {
    let calls = 0;
    const fails = (part: readonly string[]): boolean => {
      calls += 1;
      return part.includes('q');
    };
    const left = shrinkList(letters, fails, 5);
    expect(calls).toBe(5);
    expect(left).toContain('q');
    expect(left.length).toBeLessThan(letters.length);
  });
});
