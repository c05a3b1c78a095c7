import { StapleError } from './errors.js';

const MOST_BYTES = 64 * 1024;
const PATIENCE_MS = 5_000;
const TYPE = 'application/ocsp-response';

const unavailable = (url: string, why: string, cause?: unknown): StapleError =>
  new StapleError('RESPONDER_UNAVAILABLE', `${url}: ${why}`, { cause });

const read = async (answer: Response, url: string): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    chunks.push(Buffer.from(chunk));
    size += chunk.length;
    if (size > MOST_BYTES) throw unavailable(url, `answers with more than ${MOST_BYTES} bytes`);
  }
  return Buffer.concat(chunks);
};

/** RFC 6960, appendix A: by POST. What it answers, of which nothing was checked. Throws StapleError. */
export const askResponder = async (url: string, request: Buffer, stop: AbortSignal): Promise<Buffer> => {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(PATIENCE_MS)]);
  const headers = { 'Content-Type': 'application/ocsp-request', Accept: TYPE };
  try {
    const answer = await fetch(url, { method: 'POST', headers, body: request, redirect: 'error', signal });
    const type = answer.headers.get('content-type') ?? '';
    if (answer.status !== 200 || !type.startsWith(TYPE)) {
      await answer.body?.cancel();
      throw unavailable(url, `answers with ${answer.status}, ${type === '' ? 'no type' : type.slice(0, 80)}`);
    }
    return await read(answer, url);
  } catch (error) {
    if (error instanceof StapleError) throw error;
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : message;
    throw unavailable(url, why, error);
  }
};
