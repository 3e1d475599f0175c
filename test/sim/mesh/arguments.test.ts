import { describe, expect, it } from 'vitest';
import { readArguments, UsageError } from './arguments.ts';

describe('the arguments of the simulator', () => {
  it('one seed is replayed, several are run in threads, and both take hosts, faults and rules', () => {
    expect(readArguments(['--seed', '7'])).toMatchObject({ what: 'replay', seeds: [7, 7] });
    const wish = readArguments([
      '--seeds',
      '1-2000',
      '--hosts',
      '20',
      '--faults',
      '5',
      '--rule',
      'steal=off',
    ]);
    expect(wish).toMatchObject({ what: 'range', seeds: [1, 2000], hosts: 20, faults: 5, off: ['steal'] });
    expect(readArguments(['--seeds', '1-2', '--fault-free'])).toMatchObject({ faults: 0 });
  });

  it.each([
    [['--seed', 'many'], "'many' names no seeds"],
    [['--seeds', '9-1'], "'9-1' names no seeds"],
    [['--seeds', '1-2', '--rule', 'luck=off'], '--rule luck=off: NAME=off is wanted'],
    [['--seeds', '1-2', '--hosts', '0'], '--hosts 0: a whole number from 1 on is wanted'],
    [['--seeds', '1-2', '--family', 'list'], "no family 'list'; there are: chaos, calm"],
    [['--seeds', '1-2', '--shrink'], '--shrink wants --seed or --file'],
    [['--colour'], "Unknown option '--colour'"],
    [[], 'which seeds?'],
  ])('%j is refused with a sentence that says what is wrong', (args, message) => {
    expect(() => readArguments(args)).toThrow(UsageError);
    expect(() => readArguments(args)).toThrow(message);
  });
});
