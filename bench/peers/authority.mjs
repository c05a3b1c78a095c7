import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const P256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** A P-256 CA for peers, made with openssl, with a server's and a client's certificate. */
export class Authority {
  static async make(place) {
    const authority = new Authority();
    authority.file = (name) => place.file(`peer-${name}`);
    const { file } = authority;
    const ca = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign,digitalSignature'];
    await execute('openssl', [
      ...[
        'req',
        '-x509',
        ...P256,
        '-keyout',
        file('ca.key'),
        '-out',
        file('ca.crt'),
        '-days',
        '30',
        '-subj',
        '/CN=Peer CA',
      ],
      ...ca.flatMap((extension) => ['-addext', extension]),
    ]);
    await authority.#leaf('server', 'subjectAltName=IP:127.0.0.1');
    await authority.#leaf('client', 'extendedKeyUsage=clientAuth');
    return authority;
  }

  async #leaf(name, extension) {
    const { file } = this;
    await execute('openssl', [
      'req',
      '-new',
      ...P256,
      '-keyout',
      file(`${name}.key`),
      '-out',
      file(`${name}.csr`),
      '-subj',
      `/CN=${name}`,
    ]);
    await writeFile(file(`${name}.ext`), extension);
    await execute('openssl', [
      ...[
        'x509',
        '-req',
        '-in',
        file(`${name}.csr`),
        '-CA',
        file('ca.crt'),
        '-CAkey',
        file('ca.key'),
        '-CAcreateserial',
      ],
      ...['-days', '30', '-extfile', file(`${name}.ext`), '-out', file(`${name}.crt`)],
    ]);
  }

  /** Flags of the load generator. */
  get client() {
    return { ca: this.file('ca.crt'), cert: this.file('client.crt'), key: this.file('client.key') };
  }
}
