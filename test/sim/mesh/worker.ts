import { parentPort } from 'node:worker_threads';
import type { Job } from './judge.ts';
import { judgeJob } from './judge.ts';

/** A thread of a pool: answers each job with its verdict. */
parentPort?.on('message', (job: Job) => {
  try {
    parentPort?.postMessage({ kind: 'done', result: judgeJob(job) });
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    parentPort?.postMessage({ kind: 'died', message: `seed ${job.seed}: ${message}` });
  }
});
