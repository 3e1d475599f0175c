import type { Readable } from 'node:stream';
import { BulkmeshError, messageOf } from '../../src/errors.ts';
import { isPkgName } from '../../src/pkgsrc/name.ts';
import type { DeskPorts } from './ports.ts';

/** Which log of another host, and how. */
export interface LogWish {
  /** Its id. */
  readonly host: string;
  /** The plan that it is of; logs lie by package. */
  readonly planId: string;
  readonly pkg: string;
  /** `all`: one after the other. */
  readonly stage: string;
  /** And what comes, for as long as the package is being built. */
  readonly follows: boolean;
}

const stageName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const planName = /^[A-Za-z0-9:_-]{1,128}$/;

/** The other host's answer as it comes. Throws `LOG_UNKNOWN` for names that are none, `HOST_UNREACHED`, and what it says. */
export const openLog = async (
  { line }: DeskPorts,
  { host, planId, pkg, stage, follows }: LogWish,
  signal: AbortSignal,
): Promise<Readable> => {
  if (!isPkgName(pkg) || !stageName.test(stage) || !planName.test(planId)) {
    throw new BulkmeshError('LOG_UNKNOWN', `"${pkg}" has no log of a stage "${stage}"`);
  }
  const link = line?.listLinks().find((one) => one.host === host);
  if (line === undefined || link === undefined) {
    throw new BulkmeshError('HOST_UNREACHED', `there is no connection to ${host} now`, {
      hint: 'bulkmesh hosts tells how the hosts are',
    });
  }
  const path = `/log/${planId}/${encodeURIComponent(pkg)}/${stage}${follows ? '?follow=1' : ''}`;
  try {
    return await line.stream(link.host, path, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    throw new BulkmeshError('LOG_NONE', `${link.name}: ${messageOf(error)}`, { cause: error });
  }
};
