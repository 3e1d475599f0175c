import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Starts `true` again and again, argv[2] at a time, argv[3] times in all, and prints how long that took, milliseconds: what one process
 * of Node can do at most.
 */
const [atATime = '1', times = '100'] = process.argv.slice(2);
let left = Number(times);
const start = performance.now();
const forkOn = async (): Promise<void> => {
  while (left > 0) {
    left -= 1;
    await once(spawn('/usr/bin/true', [], { stdio: 'ignore' }), 'exit');
  }
};
await Promise.all(Array.from({ length: Number(atATime) }, forkOn));
console.log(performance.now() - start);
