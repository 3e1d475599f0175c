import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { parseAddress } from '../../../src/mesh/address.ts';
import type { KeyRing } from '../../../src/mesh/key.ts';
import { connectTls } from '../../../src/mesh/tls.ts';

/** Asks an agent for something, as another one that has the key. */
export const ask = async (
  address: string,
  { current }: KeyRing,
  path: string,
  method = 'GET',
): Promise<{ readonly status: number | undefined; readonly text: string }> => {
  const tcp = connect(parseAddress(address));
  await once(tcp, 'connect');
  const stream = connectTls(tcp, current);
  await once(stream, 'secureConnect');
  const asked = request({ path, method, createConnection: () => stream });
  asked.end();
  const [response] = await once(asked, 'response');
  return { status: response.statusCode, text: await text(response) };
};
