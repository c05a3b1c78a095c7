import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Certificates of an authority that openssl made, as an administrator would; files in one directory, by name. */
export class TestAuthority {
  private constructor(private readonly directory: string) {}

  static async create(directory: string, name = 'ca'): Promise<TestAuthority> {
    const authority = new TestAuthority(directory);
    const subject = ['-subj', `/CN=test authority ${name}`, '-days', '2'];
    await authority.openssl('req', '-x509', ...newKey, ...subject, '-keyout', `${name}.key`, '-out', `${name}.crt`);
    return authority;
  }

  /** `<name>.crt` and `<name>.key`, for a server with these subject alternative names or a client with this common name. */
  async issue(name: string, extension: { readonly san: string } | { readonly client: true }, ca = 'ca'): Promise<void> {
    const [csr, ext] = [`${name}.csr`, `${name}.ext`];
    await writeFile(
      this.file(ext),
      'san' in extension ? `subjectAltName=${extension.san}` : 'extendedKeyUsage=clientAuth',
    );
    await this.openssl('req', ...newKey, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', csr);
    const signer = ['-CA', `${ca}.crt`, '-CAkey', `${ca}.key`, '-CAcreateserial'];
    await this.openssl('x509', '-req', '-in', csr, ...signer, '-days', '1', '-extfile', ext, '-out', `${name}.crt`);
  }

  file(name: string): string {
    return join(this.directory, name);
  }

  async openssl(...args: string[]): Promise<void> {
    await run('openssl', args, { cwd: this.directory });
  }
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
