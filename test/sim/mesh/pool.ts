import { Worker } from 'node:worker_threads';

/** What a worker thread answers a job with. */
type Answer<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'died'; readonly message: string };

/**
 * Does each job in one of so many worker threads and hands in the results as they come, in no order. A job that throws
 * ends the whole run with its error. The module at `workerUrl` answers each message with one `Answer`.
 */
export const runPool = async <Job, Result>(
  workerUrl: URL,
  jobs: Iterable<Job>,
  workers: number,
  onResult: (result: Result, job: Job) => void,
): Promise<void> => {
  const queue = jobs[Symbol.iterator]();
  const threads = Array.from({ length: workers }, () => new Worker(workerUrl));
  try {
    await Promise.all(threads.map((thread) => drainQueue(thread, queue, onResult)));
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
};

const drainQueue = <Job, Result>(
  thread: Worker,
  queue: Iterator<Job>,
  onResult: (result: Result, job: Job) => void,
): Promise<void> =>
  new Promise((resolve, reject) => {
    let job: Job | undefined;
    const next = (): void => {
      const { done, value } = queue.next();
      if (done === true) {
        resolve();
        return;
      }
      job = value;
      thread.postMessage(value);
    };
    thread.on('error', reject);
    thread.on('exit', () => resolve());
    thread.on('message', (answer: Answer<Result>) => {
      if (answer.kind === 'died') {
        reject(new Error(answer.message));
        return;
      }
      if (job !== undefined) onResult(answer.result, job);
      next();
    });
    next();
  });
