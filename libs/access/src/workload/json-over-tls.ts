import { request as overTls } from 'node:https';

/** Milliseconds and octets. */
const TIMEOUT = 5_000;
const MAX_BYTES = 512 * 1024;

export interface JsonCall {
  /** PEM: who vouches for the server; the system's authorities when it is absent. */
  readonly ca?: string;
  /** Sent by POST; without it, it is a GET. */
  readonly body?: unknown;
  /** Never in an error. */
  readonly bearer?: string;
}

export interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** A small JSON document over TLS; rejects where there is no answer, or none that is JSON. */
export const askJson = (url: string, { ca, body, bearer }: JsonCall): Promise<JsonAnswer> =>
  new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const options = {
      method: text === undefined ? 'GET' : 'POST',
      timeout: TIMEOUT,
      headers: {
        accept: 'application/json',
        ...(text === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      },
      ...(ca === undefined ? {} : { ca }),
    };
    const asked = overTls(url, options, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_BYTES) response.destroy(new Error(`${url} answers with more than ${MAX_BYTES} bytes`));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        try {
          const answer: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
          resolve({ status: response.statusCode ?? 0, body: answer });
        } catch (error) {
          reject(new Error(`${url} answers ${response.statusCode}, without JSON`, { cause: error }));
        }
      });
    });
    asked.on('timeout', () => asked.destroy(new Error(`${url} does not answer`)));
    asked.on('error', reject);
    asked.end(text);
  });
