import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { checkGroupLimits } from './groups.ts';
import {
  absent,
  failed,
  findWritable,
  passed,
  readLines,
  runShell,
  type Subject,
  unanswered,
  type Verdict,
} from './inside.ts';

/** One thing that a sandbox promises. */
export interface Check {
  readonly name: string;
  /** What it means for builds when it does not hold. */
  readonly means: string;
  readonly run: (subject: Subject) => Promise<Verdict>;
}

const checkSystem = async (subject: Subject): Promise<Verdict> => {
  const dirs = subject.config.sandbox.systemDirs.filter((dir) => existsSync(dir));
  const mark = `.bulkmesh-verify-${process.pid}`;
  const made = await readLines(
    subject,
    'mark=$1; shift; for d; do (: >"$d/$mark") 2>/dev/null && echo "$d"; done; :',
    [mark, ...dirs],
  );
  if (made === undefined) return unanswered;
  const hurt = dirs.filter((dir) => existsSync(join(dir, mark)));
  await runShell(subject, 'mark=$1; shift; for d; do rm -f -- "$d/$mark"; done', [mark, ...dirs]);
  if (hurt.length > 0) return failed(`what root writes inside shows on the host: ${hurt.join(' ')}`);
  return passed(
    made.length === 0 ? 'cannot be written inside' : 'what root writes there does not reach the host',
  );
};

const checkShares = async (subject: Subject): Promise<Verdict> => {
  const { shares } = subject.ground.spec;
  const of = (access: string) =>
    shares.filter((share) => share.access === access).map(({ target }) => target);
  const closed = [...of('ro'), ...(subject.traits.hasLayers ? [] : of('scratch'))];
  const layered = subject.traits.hasLayers ? of('scratch') : [];
  const written = await findWritable(subject, [...closed, ...layered]);
  const missing = await readLines(subject, 'for d; do [ -d "$d" ] || echo "$d"; done; :', [
    ...shares.map(({ target }) => target),
  ]);
  if (written === undefined || missing === undefined) return unanswered;
  const open = closed.filter((dir) => written.includes(dir));
  const shut = layered.filter((dir) => !written.includes(dir));
  if (missing.length > 0) return failed(`not there: ${missing.join(' ')}`);
  if (open.length > 0) return failed(`can be written, and must not be: ${open.join(' ')}`);
  if (shut.length > 0) return failed(`cannot be written, and should be: ${shut.join(' ')}`);
  return passed(
    `${closed.length} read-only, ${layered.length} with a layer of their own, ${of('rw').length} writable`,
  );
};

const checkSetuid = async ({ ground }: Subject): Promise<Verdict> => {
  const open = ground.spec.shares.filter(({ access }) => access === 'rw').map(({ target }) => target);
  if (open.length === 0) return passed('no directory of the host can be written inside');
  if (process.getuid?.() !== 0) return passed('files made inside belong to this account');
  return failed(`root inside could leave set-user-id programs of root in ${open.join(' ')}`);
};

const checkPrefix = async (subject: Subject): Promise<Verdict> => {
  const { prefix } = subject.config.pkgsrc;
  const { kitDir } = subject.ground.spec;
  const inside = await readLines(subject, 'ls -A -- "$1"', [prefix]);
  if (inside === undefined) return failed(`${prefix} is not there`);
  const ofKit = kitDir === undefined ? undefined : join(kitDir, prefix);
  const wanted = new Set(ofKit !== undefined && existsSync(ofKit) ? readdirSync(ofKit) : []);
  const strange = inside.filter(
    (name) => !wanted.has(name) && join(prefix, name) !== subject.config.pkgsrc.pkgDbdir,
  );
  if (strange.length > 0) return failed(`not of the kit: ${strange.join(' ')}`);
  return passed(wanted.size === 0 ? `${prefix} is empty` : `${prefix} holds the bootstrap kit alone`);
};

const checkMake = async (subject: Subject): Promise<Verdict> => {
  const { make } = subject.ground.make;
  const lines = await readLines(subject, '"$1" -r -f /dev/null -V MAKE_VERSION', [make], subject.ground.user);
  return lines === undefined ? failed(`${make} does not run`) : passed(`${make} ${lines[0] ?? ''}`.trim());
};

const checkUser = async (subject: Subject): Promise<Verdict> => {
  const { user, spec } = subject.ground;
  if (user === undefined) return absent('packages are built by the account of the agent');
  const own = spec.freshDirs.filter(({ owner }) => owner !== undefined).map(({ path }) => path);
  const others = ['/', '/etc', '/usr', subject.config.pkgsrc.prefix, subject.config.pkgsrc.pkgDbdir];
  const written = await findWritable(subject, [...own, ...others], user);
  if (written === undefined) return unanswered;
  const shut = own.filter((dir) => !written.includes(dir));
  if (shut.length > 0) return failed(`${user.name} cannot write ${shut.join(' ')}`);
  const open = others.filter((dir) => written.includes(dir));
  if (open.length === 0)
    return passed(`${user.name} (${user.uid}) can write ${own.join(' and ')}, and no more`);
  const detail = `${user.name} can write ${open.join(' ')}`;
  return process.getuid?.() === 0
    ? failed(detail)
    : absent(`${detail}: without root, it owns what root owns inside`);
};

const checkNetwork = async (subject: Subject): Promise<Verdict> => {
  if (!subject.traits.hasNetworkControl) return absent('this driver cannot take the network away');
  const lines = await readLines(subject, 'cat /proc/net/dev', []);
  if (lines === undefined) return unanswered;
  const names = lines.flatMap((line) => /^\s*([^\s:]+):/.exec(line)?.[1] ?? []);
  const further = names.filter((name) => name !== 'lo');
  if (further.length > 0) return failed(`interfaces besides loopback: ${further.join(' ')}`);
  return passed(names.length === 0 ? 'none at all' : 'loopback only');
};

const checkProcesses = async (subject: Subject): Promise<Verdict> => {
  if (process.platform !== 'linux') return absent('this system shows all processes in a chroot');
  const lines = await readLines(subject, 'readlink /proc/self/ns/pid; ls /proc', []);
  if (lines === undefined) return unanswered;
  const pids = lines.filter((line) => /^\d+$/.test(line)).length;
  const isOwn = lines[0] !== readlinkSync('/proc/self/ns/pid');
  if (isOwn) return passed(`${pids} to be seen inside, none of the host`);
  return subject.traits.hasNetworkControl
    ? failed('those of the host show inside')
    : absent(`this driver shows those of the host (${pids})`);
};

/** In the order in which they are made; limits last, since they stay. */
export const checks: readonly Check[] = [
  { name: 'system directories', means: 'a package could break this host', run: checkSystem },
  { name: 'shared directories', means: 'they are not what the configuration says', run: checkShares },
  { name: 'set-user-id', means: 'a package could leave a way to root on this host', run: checkSetuid },
  { name: 'prefix', means: 'packages find what they do not depend on', run: checkPrefix },
  { name: 'make', means: 'nothing can be built', run: checkMake },
  { name: 'build user', means: 'packages cannot be built, or write where they must not', run: checkUser },
  { name: 'network', means: 'packages depend on what they download while they build', run: checkNetwork },
  { name: 'processes', means: 'a package could see, and disturb, others of this host', run: checkProcesses },
  {
    name: 'limits',
    means: 'one package can take the memory or all processes of this host',
    run: checkGroupLimits,
  },
];
