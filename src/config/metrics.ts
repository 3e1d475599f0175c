import { parseBind } from '../mesh/address.ts';
import type { Config } from './config.ts';
import type { Complain } from './consistency.ts';
import type { FileValues } from './fileSchema.ts';
import { checkPathText, resolvePath } from './pathCheck.ts';

/** An IPv4 address, or an IPv6 address in brackets, with a port: there is no port that all would expect. */
const place = /^(?:\d+\.\d+\.\d+\.\d+|\[[^\]]+\]):\d{1,5}$/;

/** Where figures are given, and to whom. Relative paths start at `base`. */
export const resolveMetrics = (
  { listen, token }: FileValues['metrics'],
  base: string,
  complain: Complain,
): Config['metrics'] => {
  if (token !== undefined) complain(['metrics', 'token'], checkPathText(token));
  const tokenFile = token === undefined ? undefined : resolvePath(base, token);
  if (listen === undefined) return { listen, tokenFile };
  const host = readHost(listen);
  if (host === undefined) {
    const what = `${JSON.stringify(listen)} is no place to listen at`;
    complain(['metrics', 'listen'], { what, todo: 'write IP:PORT, as in 127.0.0.1:28551 or [::1]:28551' });
  } else if (!isLoopback(host) && token === undefined) {
    const what = `anybody who reaches ${listen} could read the figures`;
    complain(['metrics', 'listen'], { what, todo: 'name a file with a token in metrics.token' });
  }
  return { listen, tokenFile };
};

const readHost = (text: string): string | undefined => {
  try {
    return place.test(text) ? parseBind(text).host : undefined;
  } catch {
    return undefined;
  }
};

const isLoopback = (host: string): boolean => /^127\.\d+\.\d+\.\d+$|^::1$/.test(host);
