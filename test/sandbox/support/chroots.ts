/**
 * One scene with chroots, played in a mount namespace of its own so that the host's table stays as it is. Prints what it
 * saw as a line of JSON. Arguments: name of the scene, a temporary directory.
 */
import { scenes } from './chroot-scenes.ts';

const [, , name = '', dir = ''] = process.argv;
// Should the one that started it be killed, a scene that never ends must not live on.
if (name.startsWith('hold-')) process.stdin.on('end', () => process.exit(1)).resume();

const scene = scenes[name];
if (scene === undefined) throw new Error(`there is no scene ${name}`);
const seen = await scene(dir);
process.stdout.write(`${JSON.stringify(seen)}\n`, () => process.exit(0));
