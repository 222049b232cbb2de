import { createServer } from 'node:http';
import { paintPhoto, toSharp } from '../test/fixtures/images.ts';

/** Serves `/n.jpg`: pictures of about 150 kB, each of its own bytes. A process of its own, so that its work is not counted. */
const base = await toSharp(paintPhoto(940, 690, 5)).jpeg({ quality: 93 }).toBuffer();
const server = createServer((request, response) => {
  const tail = Buffer.from(request.url ?? '');
  response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': String(base.length + tail.length), 'etag': `"${tail.toString()}"` });
  response.write(base);
  response.end(tail);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : 0, bytes: base.length });
});
process.on('disconnect', () => process.exit());
