import type { OpensslJudge } from './interop-openssl.js';

/** A plugged-in CA, as Istio knows it: paths of files. */
export interface ImportedCa {
  readonly rootFile: string;
  readonly issuerFile: string;
  readonly issuerKeyFile: string;
  /** Issuer first, root last. */
  readonly chainFile: string;
  /** Of the root and the intermediate, which are not ours to publish. */
  readonly crlsFile: string;
}

const CONFIG = `[req]
distinguished_name = name
[name]
[ca]
default_ca = list
[list]
database = ca-index.txt
default_md = sha256
default_crl_days = 7
`;
const KEY = ['-newkey', 'rsa:2048', '-nodes'];

/** Root, intermediate and issuer, made by openssl. */
export const makeImportedCa = async (judge: OpensslJudge): Promise<ImportedCa> => {
  await judge.write('ca.cnf', CONFIG);
  await judge.write('ca-index.txt', '');
  const make = (name: string, pathLength: number, parent?: string): Promise<string> =>
    judge.must(
      ...['req', '-config', 'ca.cnf', '-x509', ...KEY, '-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', '30'],
      ...(parent ? ['-CA', `${parent}.pem`, '-CAkey', `${parent}.key`] : []),
      ...['-subj', `/O=Plugged in/CN=${name}`, '-addext', `basicConstraints=critical,CA:TRUE,pathlen:${pathLength}`],
      ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign', '-addext', 'subjectKeyIdentifier=hash'],
      ...(parent ? ['-addext', 'authorityKeyIdentifier=keyid'] : []),
    );
  const crlOf = async (name: string): Promise<string> => {
    const paths = ['-keyfile', `${name}.key`, '-cert', `${name}.pem`, '-out', `${name}.crl.pem`];
    await judge.must('ca', '-config', 'ca.cnf', '-gencrl', ...paths);
    return `${name}.crl.pem`;
  };
  await make('plugged-root', 2);
  await make('plugged-intermediate', 1, 'plugged-root');
  await make('plugged-issuer', 0, 'plugged-intermediate');
  return {
    rootFile: judge.path('plugged-root.pem'),
    issuerFile: judge.path('plugged-issuer.pem'),
    issuerKeyFile: judge.path('plugged-issuer.key'),
    chainFile: judge.path(await judge.join('plugged-issuer.pem', 'plugged-intermediate.pem', 'plugged-root.pem')),
    crlsFile: judge.path(await judge.join(await crlOf('plugged-root'), await crlOf('plugged-intermediate'))),
  };
};
