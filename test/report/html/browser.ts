import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';

const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser of this machine; undefined where it has none that can be driven. */
export const findBrowser = (): string | undefined => PROGRAMS.find((path) => existsSync(path));

/** A page in a headless browser, driven through its DevTools protocol. */
export interface Page {
  /** Opens a file and waits until it has loaded. */
  open(file: string): Promise<void>;
  /** The value of an expression in the page, once it is settled; throws when the page does. */
  ask(expression: string): Promise<unknown>;
  /** What scripts of the page threw and what the browser complained about. */
  readonly complaints: readonly string[];
  /** Processor time that the page has taken since it was opened, in milliseconds: the same on a busy machine. */
  measureCpuMs(): Promise<number>;
  close(): Promise<void>;
}

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--remote-debugging-port=0',
];

/** Starts the browser. */
export async function openPage(program: string): Promise<Page> {
  const profile = await mkdtemp(join(tmpdir(), 'bulkmesh-browser-'));
  const child = spawn(program, [...FLAGS, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    }
    await rm(profile, { recursive: true, force: true, maxRetries: 10 });
  };
  try {
    const wire = await connect(await findSocket(await readPort(child)));
    const complaints: string[] = [];
    wire.on('Runtime.exceptionThrown', (params) => complaints.push(JSON.stringify(params)));
    wire.on('Log.entryAdded', (params) => complaints.push(JSON.stringify(params)));
    await wire.call('Performance.enable', { timeDomain: 'threadTicks' });
    for (const domain of ['Page', 'Runtime', 'Log']) await wire.call(`${domain}.enable`);
    const open = async (file: string): Promise<void> => {
      const loaded = new Promise((resolve) => wire.on('Page.loadEventFired', resolve));
      await wire.call('Page.navigate', { url: pathToFileURL(file).href });
      await loaded;
    };
    const measureCpuMs = async (): Promise<number> => {
      const { metrics } = measured.parse(await wire.call('Performance.getMetrics'));
      return 1_000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0);
    };
    return { complaints, open, close, measureCpuMs, ask: (expression) => evaluate(wire, expression) };
  } catch (error) {
    await close();
    throw error;
  }
}

const measured = z.object({ metrics: z.array(z.object({ name: z.string(), value: z.number() })) });

interface Wire {
  call(method: string, params?: Readonly<Record<string, unknown>>): Promise<unknown>;
  on(method: string, listener: (params: unknown) => void): void;
}

const message = z.object({
  id: z.number().optional(),
  method: z.string().optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
});

async function connect(url: string): Promise<Wire> {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', reject);
  });
  const waiting = new Map<number, (result: unknown) => void>();
  const listeners = new Map<string, (params: unknown) => void>();
  let last = 0;
  socket.addEventListener('message', ({ data }) => {
    const { id, method, params, result } = message.parse(JSON.parse(String(data)));
    if (id !== undefined) waiting.get(id)?.(result);
    else if (method !== undefined) listeners.get(method)?.(params);
  });
  return {
    on: (method, listener) => void listeners.set(method, listener),
    call: (method, params = {}) => {
      const id = ++last;
      const answer = new Promise((resolve) => waiting.set(id, resolve));
      socket.send(JSON.stringify({ id, method, params }));
      return answer;
    },
  };
}

const evaluated = z.object({
  result: z.object({ value: z.unknown().optional() }),
  exceptionDetails: z.unknown().optional(),
});

async function evaluate(wire: Wire, expression: string): Promise<unknown> {
  const params = { expression, awaitPromise: true, returnByValue: true };
  const { result, exceptionDetails } = evaluated.parse(await wire.call('Runtime.evaluate', params));
  if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
  return result.value;
}

/** The browser says on standard error which port it has taken. */
function readPort(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const port = /ws:\/\/[^/]*:(\d+)\//.exec(said)?.[1];
      if (port !== undefined) resolve(port);
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`the browser ended: ${said}`)));
  });
}

const targets = z.array(z.object({ type: z.string(), webSocketDebuggerUrl: z.string() }));

async function findSocket(port: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/json`);
  const page = targets.parse(await answer.json()).find(({ type }) => type === 'page');
  if (page === undefined) throw new Error('the browser has no page');
  return page.webSocketDebuggerUrl;
}
