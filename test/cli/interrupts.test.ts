import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Interrupts, watchInterrupts } from '../../cli/interrupts.ts';

let interrupts: Interrupts;
beforeEach(() => {
  interrupts = watchInterrupts();
});
afterEach(() => interrupts.close());

describe('a hangup', () => {
  it('is the wish to stop at once, for nobody is left to ask again', () => {
    const heard: number[] = [];
    interrupts.listen((count) => heard.push(count));
    process.emit('SIGHUP');
    expect(heard).toEqual([1, 2]);
  });

  it('is no wish to stop for whoever takes hangups', () => {
    let hangups = 0;
    interrupts.takeHangups(() => {
      hangups += 1;
    });
    process.emit('SIGHUP');
    process.emit('SIGINT');
    expect([hangups, interrupts.count]).toEqual([1, 1]);
  });
});
