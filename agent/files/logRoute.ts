import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isPkgName } from '../../src/pkgsrc/name.ts';
import type { PkgName } from '../../src/pkgsrc/package.ts';
import { readParts, refuse, routeOf, sendJson } from '../mesh/answers.ts';
import { isLogName, type LogWish, listLogs, readLogs } from './logReader.ts';
import type { FilesPorts } from './ports.ts';

type LogPorts = Pick<FilesPorts, 'logDir' | 'isRunning'>;

export const logPrefix = '/log/';

/** Logs that are read at a time, by all hosts together: those that are followed take long. */
const readersMax = 64;

/**
 * Gives the logs of this host:
 *
 * - `GET /log/<planId>/<PKGNAME>/`: JSON, name and size of each.
 * - `GET /log/<planId>/<PKGNAME>/<stage>`, or `all` for the stage: its bytes. `?follow=1`: and what comes, until the run ends.
 *
 * 404: there is none. Logs lie by package: the plan says of which build they are wanted, and is not looked at.
 */
export const createLogRoute = (
  ports: LogPorts,
  onTrouble: (url: string, error: unknown) => void,
): ((request: IncomingMessage, response: ServerResponse) => void) => {
  let readers = 0;
  return routeOf(async (request, response) => {
    const { logDir } = ports;
    const wish = readWish(request);
    if (wish === undefined) return refuse(response, 400, `GET ${logPrefix}<plan>/<PKGNAME>/<stage>`);
    const { pkgname, stage } = wish;
    const files = await listLogs(logDir, pkgname);
    if (stage === '') return sendJson(response, files);
    const isComing = wish.follows && ports.isRunning(pkgname);
    const isThere = stage === 'all' ? files.length > 0 : files.some(({ name }) => name === stage);
    if (!isThere && !isComing) return refuse(response, 404, describeNone(wish, files.length > 0));
    if (readers >= readersMax) return refuse(response, 503, 'too many logs of this host are being read');
    readers += 1;
    try {
      await sendLog(ports, { ...wish, pkgname }, response);
    } finally {
      readers -= 1;
    }
  }, onTrouble);
};

const readWish = ({ method, url = '' }: IncomingMessage): LogWish | undefined => {
  const [plan = '', name = '', stage = '', ...rest] = readParts(url, logPrefix) ?? [];
  const isRight = /^[A-Za-z0-9:_-]{1,128}$/.test(plan) && isPkgName(name) && rest.length === 0;
  if (method !== 'GET' || !isRight || !(stage === '' || isLogName(stage))) return undefined;
  const follows = new URLSearchParams(url.split('?')[1] ?? '').get('follow') === '1';
  return { pkgname: name, stage, follows };
};

const describeNone = ({ pkgname, stage }: { pkgname: PkgName; stage: string }, hasOthers: boolean): string =>
  hasOthers ? `${pkgname} has no log of ${stage} on this host` : `${pkgname} has no logs on this host`;

const sendLog = async ({ logDir, isRunning }: LogPorts, wish: LogWish, response: ServerResponse) => {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.writeHead(200, {
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
  });
  response.flushHeaders();
  const pieces = Readable.from(readLogs(logDir, wish, isRunning, gone.signal), { objectMode: false });
  // Whoever has read enough goes away.
  await pipeline(pieces, response).catch((error: unknown) => {
    if (!gone.signal.aborted) throw error;
  });
};
