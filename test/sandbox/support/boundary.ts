/**
 * Run in a mount namespace of its own: mounts below a tree and tells what deleting it does. Argument: a directory.
 * Prints one line of JSON.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { messageOf } from '../../../src/errors.ts';
import { hostUnmountTools } from '../../../src/sandbox/cleanup/tools.ts';
import { unmountWithin } from '../../../src/sandbox/cleanup/unmount.ts';
import { runTool } from '../../../src/sandbox/process.ts';
import { emptyDirectory, removeTree } from '../../../src/sandbox/remove.ts';

const [, , dir = ''] = process.argv;
const tree = `${dir}/tree`;
const outside = `${dir}/outside`;
mkdirSync(`${tree}/tmpfs`, { recursive: true });
mkdirSync(`${tree}/bind`);
mkdirSync(outside);
writeFileSync(`${outside}/precious`, '');
await runTool(['mount', '-t', 'tmpfs', 'none', `${tree}/tmpfs`]);
await runTool(['mount', '--bind', outside, `${tree}/bind`]);
await runTool(['mount', '-t', 'tmpfs', 'none', `${tree}/tmpfs`]);
writeFileSync(`${tree}/tmpfs/precious`, '');

const attempt = (work: Promise<void>) => work.then(() => 'done', messageOf);
const removed = await attempt(removeTree(tree));
const emptied = await attempt(emptyDirectory(tree));
const kept = existsSync(`${tree}/tmpfs/precious`) && existsSync(`${tree}/bind/precious`);
// Held busy, so that only the lazy way is left.
process.chdir(`${tree}/bind`);
const { removed: count, left } = await unmountWithin(tree, { tools: { ...hostUnmountTools, waitMs: 1 } });
const unmounted = { removed: count, left };
process.chdir('/');
const after = await attempt(removeTree(tree));
const isGone = !existsSync(tree) && existsSync(`${outside}/precious`);
console.log(JSON.stringify({ removed, emptied, kept, unmounted, after, isGone }));
