import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';

export interface Verdict {
  readonly code: number;
  /** What it said, on stderr, then on stdout. */
  readonly said: string;
}

export interface Asked {
  /** Arguments of `openssl genpkey`. */
  readonly algorithm?: readonly string[];
  /** As in `-addext`. */
  readonly subjectAltName?: string;
}

/** Whose certificate, under which chain. Names of files. */
export interface Path {
  readonly leafFile: string;
  /** Issuer first, up to below the root. */
  readonly chainFile: string;
}

export interface OcspQuestion {
  readonly url: string;
  readonly issuerFile: string;
  /** Files and serials to ask for, in openssl's own words: `-cert leaf.pem`, `-serial 0x01`. */
  readonly of: readonly string[];
  readonly chainFile?: string;
  readonly options?: readonly string[];
  readonly rootFile?: string;
}

export interface Urls {
  readonly crl: string;
  /** Empty where a CA's status is on a CRL alone. */
  readonly ocsp: string;
  readonly issuer: string;
}

const P256 = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];
const pemBlocks = (pem: string): string[] => pem.match(/-----BEGIN [^]+?-----END [^-]+-----\n?/g) ?? [];

/** The openssl command, in a directory of its own. Judges in its own words; nothing of ours decodes for it. */
export class OpensslJudge {
  #files = 0;
  #writes = 0;
  readonly #urls = new Map<string, Promise<Urls>>();

  constructor(
    readonly directory: string,
    readonly rootFile: string,
    private readonly env: Readonly<Record<string, string>> = {},
  ) {}

  async run(args: readonly string[], input = ''): Promise<Verdict> {
    const child = spawn('openssl', args, { cwd: this.directory, env: { ...process.env, LC_ALL: 'C', ...this.env } });
    const [out, err] = [[] as string[], [] as string[]];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk.toString()));
    // It may well be gone before it has read all.
    child.stdin.on('error', () => undefined).end(input);
    const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
    const [code] = (await once(child, 'close').finally(() => clearTimeout(timer))) as [number | null];
    return { code: code ?? -1, said: [...err, ...out].join('') };
  }

  /** As `run`, and throws where openssl itself fails. */
  async must(...args: readonly string[]): Promise<string> {
    const { code, said } = await this.run(args);
    if (code !== 0) throw new Error(`openssl ${args.join(' ')}: ${said}`);
    return said;
  }

  /** Of a file by its name; a path stays what it is. */
  path(name: string): string {
    return resolve(this.directory, name);
  }

  async write(name: string, content: string | Buffer): Promise<string> {
    // Whole or not at all: an openssl that was started for another question may be reading it.
    const written = `${this.path(name)}.${++this.#writes}`;
    await writeFile(written, content);
    await rename(written, this.path(name));
    return name;
  }

  read(name: string): Promise<string> {
    return readFile(this.path(name), 'utf8');
  }

  /** A new key and a request for it, both made by openssl. PEM. */
  async request(
    name: string,
    { algorithm = P256, subjectAltName }: Asked = {},
  ): Promise<{ csr: string; keyPem: string }> {
    await this.must('genpkey', ...algorithm, '-out', `${name}.key`);
    const names = subjectAltName ? ['-addext', `subjectAltName=${subjectAltName}`] : [];
    await this.must('req', '-new', '-key', `${name}.key`, '-subj', '/', ...names, '-out', `${name}.csr`);
    return { csr: await this.read(`${name}.csr`), keyPem: await this.read(`${name}.key`) };
  }

  /** Leaf first; each in a file of its own. */
  async split({ leafFile, chainFile }: Path): Promise<string[]> {
    const cas = pemBlocks(await this.read(chainFile));
    return [leafFile, ...(await Promise.all(cas.map((pem, i) => this.write(`${chainFile}.${i}.pem`, pem))))];
  }

  /** Where a certificate says that its CRL, its responder, its issuer is. */
  urls(file: string): Promise<Urls> {
    const known = this.#urls.get(file) ?? this.#readUrls(file);
    this.#urls.set(file, known);
    return known;
  }

  async #readUrls(file: string): Promise<Urls> {
    const said = await this.must('x509', '-in', file, '-noout', '-ext', 'crlDistributionPoints,authorityInfoAccess');
    const find = (pattern: RegExp): string => {
      const [, url] = pattern.exec(said) ?? [];
      if (!url) throw new Error(`${file} has no ${pattern.source}: ${said}`);
      return url;
    };
    return {
      crl: find(/Distribution Points:\s*Full Name:\s*URI:(\S+)/),
      ocsp: /OCSP - URI:(\S+)/.exec(said)?.[1] ?? '',
      issuer: find(/CA Issuers - URI:(\S+)/),
    };
  }

  /** Fetches DER and has openssl turn it into PEM. Resolves to the file. */
  async fetch(kind: 'crl' | 'x509', url: string): Promise<string> {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url}: ${response.status}`);
    const name = `fetched${++this.#files}`;
    await this.write(`${name}.der`, Buffer.from(await response.arrayBuffer()));
    await this.must(kind, '-inform', 'DER', '-in', `${name}.der`, '-out', `${name}.pem`);
    return `${name}.pem`;
  }

  async join(...files: readonly string[]): Promise<string> {
    const contents = await Promise.all(files.map((file) => this.read(file)));
    return this.write(`joined${++this.#files}.pem`, contents.join(''));
  }

  /** The CRLs of every CA above a certificate, from the places that the certificates name. Resolves to one PEM file. */
  async crlsOf(path: Path): Promise<string> {
    const crls = (await this.split(path)).map(async (file) => this.fetch('crl', (await this.urls(file)).crl));
    return this.join(...(await Promise.all(crls)));
  }

  /** `openssl verify` with a CRL for each CA, the root's included. */
  async verify(path: Path, crlsFile?: string, rootFile = this.rootFile): Promise<Verdict> {
    const crls = crlsFile ?? (await this.crlsOf(path));
    return this.run([
      ...['verify', '-crl_check_all', '-x509_strict', '-CAfile', rootFile],
      ...['-untrusted', path.chainFile, '-CRLfile', crls, path.leafFile],
    ]);
  }

  /** `openssl crl`: checks the signature against the issuer's certificate and prints all. */
  crl(file: string, issuerFile: string): Promise<Verdict> {
    return this.run(['crl', '-in', file, '-CAfile', issuerFile, '-verify', '-noout', '-crlnumber', '-text']);
  }

  /** `openssl ocsp`, which checks the answer's signer up to the root. */
  ocsp({ url, issuerFile, of, chainFile, options = [], rootFile = this.rootFile }: OcspQuestion): Promise<Verdict> {
    return this.run([
      ...['ocsp', '-issuer', issuerFile, ...options, ...of, '-url', url],
      ...['-CAfile', rootFile, ...(chainFile ? ['-verify_other', chainFile] : [])],
    ]);
  }
}

/** `-crlnumber` prints hexadecimal. */
export const crlNumberIn = (said: string): number =>
  Number(/^crlnumber=(0x[0-9a-f]+)$/im.exec(said)?.[1] ?? Number.NaN);
