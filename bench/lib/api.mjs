import { Agent, request } from 'node:https';
import { once } from 'node:events';

/** The management API as the first operator, without a typed client: for routes that may not be there yet. */
export class Api {
  constructor(cluster, process) {
    const tls = { ca: cluster.read('root.crt'), cert: cluster.read('operator.crt'), key: cluster.read('operator.key') };
    Object.assign(this, { url: process.restUrl, agent: new Agent({ keepAlive: true, ...tls }) });
  }

  /** `{ status, body }`, whatever it is. */
  async call(method, path, body) {
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const headers =
      sent === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) };
    const asking = request(new URL(path, this.url), { method, agent: this.agent, headers });
    asking.end(sent);
    const [answer] = await once(asking, 'response');
    const parts = [];
    for await (const part of answer) parts.push(part);
    const text = Buffer.concat(parts).toString();
    return { status: answer.statusCode, body: text === '' ? undefined : JSON.parse(text) };
  }

  close() {
    this.agent.destroy();
  }
}
