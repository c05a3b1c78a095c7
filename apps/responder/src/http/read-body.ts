import type { IncomingMessage } from 'node:http';

/** Undefined: it is longer than `limit` octets, and the rest was not read. Rejects when the client goes away. */
export const readBody = (request: IncomingMessage, limit: number): Promise<Buffer | undefined> => {
  if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > limit) {
        request.pause();
        resolve(undefined);
      } else chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
    // Every request is closed in the end: an error is made, with its stack, for those alone that were cut off.
    request.on('close', () => {
      if (!request.readableEnded) reject(new Error('the client went away'));
    });
  });
};
