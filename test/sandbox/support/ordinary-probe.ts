/** Prints as JSON why this account cannot have sandboxes, or null. Argument: state directory. */
import { probeLinux } from '../../../src/sandbox/probe.ts';

const probe = await probeLinux(process.argv[2] ?? '', 'disk');
console.log(JSON.stringify(probe.kind === 'works' ? null : probe.why));
