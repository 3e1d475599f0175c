import { absent, failed, passed, runShell, type Subject, type Verdict } from './inside.ts';

const mib = 1024 ** 2;
const memoryMiB = 64;
const processesMax = 40;

/** Holds four times as much memory as it may; ends by itself where nothing stops it. */
const hog = `head -c ${memoryMiB * 4}M /dev/zero | tail -c ${memoryMiB * 4}M >/dev/null`;
/** Starts twice as many processes as it may; they end by themselves. */
const swarm = `n=0; while [ $n -lt ${processesMax * 2} ]; do sleep 2 & n=$((n+1)); done; exit 0`;

/** Bounds the sandbox, and makes programs inside go beyond. */
export const checkGroupLimits = async (subject: Subject): Promise<Verdict> => {
  const { sandbox } = subject;
  const limits = { memoryBytes: memoryMiB * mib, processes: processesMax };
  await sandbox.fit({ limits, work: { kind: 'disk' } });
  const { memoryPeakBytes } = await sandbox.usage();
  if (memoryPeakBytes === undefined) {
    return absent(
      'no control groups for this account: those of memory_total and processes_total do not hold',
    );
  }
  const hogged = await runShell(subject, hog, []);
  const swarmed = await runShell(subject, swarm, []);
  await sandbox.killAll();
  const broken = [
    ...(hogged.kind === 'exited' && hogged.code === 0 ? ['memory'] : []),
    ...(swarmed.kind === 'exited' && swarmed.code === 0 ? ['processes'] : []),
  ];
  if (broken.length > 0) return failed(`not held: ${broken.join(', ')}`);
  return passed('memory and processes of a sandbox are bounded');
};
