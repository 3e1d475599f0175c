import { randomBytes } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { createBlobHandler } from '../../src/artefacts/serve/handler.ts';
import { type BlobRef, BlobStore } from '../../src/artefacts/store/store.ts';
import { describeServer } from '../../src/mesh/tls.ts';

/**
 * The other agent of the bench: a store at argv[2] with argv[3] MB in files of 50 MB and 1,000 small ones, given by HTTP, and by HTTP in
 * TLS with the mesh key argv[4] (hex), and a port that sends back what it gets. Prints where, and what there is, as one line of JSON.
 */
const [root = '', megabytes = '500', secret = ''] = process.argv.slice(2);
const store = await BlobStore.open({ root });
const large: BlobRef[] = [];
for (let left = Number(megabytes); left > 0; left -= 50) {
  large.push(await store.addBytes(randomBytes(1e6 * Math.min(50, left))));
}
const small: BlobRef[] = [];
for (let index = 0; index < 1_000; index += 1)
  small.push(await store.addBytes(randomBytes(1_000 + 20 * index)));

const handle = createBlobHandler({ store, nameCaller: (request) => request.socket.remoteAddress ?? '' });
const http = createHttpServer((request, response) => {
  if (!handle(request, response)) response.writeHead(404).end();
});
const current = { id: 'bench', tlsSecret: Buffer.from(secret, 'hex') };
const ring = { meshId: 'bench', current, previous: undefined };
const tls = createTlsServer(
  describeServer(
    () => ring,
    () => undefined,
  ),
);
tls.on('secureConnection', (socket) => http.emit('connection', socket));
const echo = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => undefined);
  socket.pipe(socket);
});
const listen = (server: ReturnType<typeof createServer>): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
const [port, controlPort, tlsPort] = [await listen(http), await listen(echo), await listen(tls)];
console.log(JSON.stringify({ port, controlPort, tlsPort, large, small }));
