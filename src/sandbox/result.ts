import type { CommandResult } from './driver.ts';

/** How a command ended, as the end of a sentence that begins with it: `exited with 1`, `was killed by SIGKILL`. */
export const describeEnd = (result: CommandResult): string => {
  switch (result.kind) {
    case 'exited':
      return `exited with ${result.code}`;
    case 'signalled':
      return `was killed by ${result.signal}`;
    case 'aborted':
      return 'was stopped';
    case 'trouble':
      return `could not be run: ${result.detail}`;
  }
};
