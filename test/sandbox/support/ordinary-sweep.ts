/** Run by an account without rights: sweeps and prints the report as JSON. Argument: state directory. */
import { sweepSlots } from '../../../src/sandbox/sweep.ts';

console.log(JSON.stringify(await sweepSlots(process.argv[2] ?? '', new Set())));
