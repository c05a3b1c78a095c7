import { checkDatabase, type DatabaseRefusal, InvalidDatabaseUrlError, withTls } from '@cartulary/ledger';
import { type Config, ConfigurationError, type Secret } from '@cartulary/runtime';

export interface DatabaseUrls {
  /** With what the configuration says apart: passwords, certificates. */
  readonly service?: string;
  readonly owner?: string;
}

type Keys = Pick<
  Config,
  | 'databaseUrl'
  | 'databaseOwnerUrl'
  | 'databasePassword'
  | 'databaseOwnerPassword'
  | 'databaseCaFile'
  | 'databaseCertificateFile'
  | 'databaseKeyFile'
>;

/** Throws ConfigurationError. */
export const databaseUrlsOf = (config: Keys): DatabaseUrls => {
  const { databaseUrl, databaseOwnerUrl, databasePassword, databaseOwnerPassword } = config;
  const url = (key: string, text: string, password: Secret | undefined): string => {
    try {
      return withTls(withPassword(text, password), {
        caFile: config.databaseCaFile,
        certificateFile: config.databaseCertificateFile,
        keyFile: config.databaseKeyFile,
      });
    } catch (error) {
      if (!(error instanceof InvalidDatabaseUrlError)) throw error;
      const hint = 'see docs/operations.md, on TLS to Postgres';
      throw new ConfigurationError([{ key, message: error.message, hint }]);
    }
  };
  const same = databaseOwnerUrl === databaseUrl ? databasePassword : undefined;
  return {
    ...(databaseUrl === undefined ? {} : { service: url('CARTULARY_DATABASE_URL', databaseUrl, databasePassword) }),
    ...(databaseOwnerUrl === undefined
      ? {}
      : { owner: url('CARTULARY_DATABASE_OWNER_URL', databaseOwnerUrl, databaseOwnerPassword ?? same) }),
  };
};

const withPassword = (text: string, password: Secret | undefined): string => {
  if (!password) return text;
  const url = new URL(text);
  if (url.password !== '') throw new InvalidDatabaseUrlError('a password is given twice: in the URL and apart');
  url.password = encodeURIComponent(password.reveal());
  return url.href;
};

const advice: Record<DatabaseRefusal, { readonly key: string; readonly hint: string }> = {
  'server-untrusted': {
    key: 'CARTULARY_DATABASE_CA_FILE',
    hint: 'name the PEM file of the authority that issued Postgres’ certificate',
  },
  'server-name': {
    key: 'CARTULARY_DATABASE_URL',
    hint: 'use a host that is in Postgres’ certificate, or sslmode=verify-ca where every server of its authority will do',
  },
  'no-tls': { key: 'CARTULARY_DATABASE_URL', hint: 'switch TLS on at the server (ssl = on): we don’t do without' },
  'tls-required': {
    key: 'CARTULARY_DATABASE_CA_FILE',
    hint: 'the server wants TLS: name the authority of its certificate',
  },
  'client-certificate': {
    key: 'CARTULARY_DATABASE_CERTIFICATE_FILE',
    hint: 'the server wants a certificate of an authority that it knows, for this role',
  },
  credentials: {
    key: 'CARTULARY_DATABASE_PASSWORD',
    hint: 'the role’s name in CARTULARY_DATABASE_URL, its password or its certificate is not what the server has',
  },
  'no-database': { key: 'CARTULARY_DATABASE_URL', hint: 'create the database first' },
};

/** Throws ConfigurationError for what won't pass by itself: said at the start, once, instead of tried for ever. */
export const requireDatabase = async (url: string, owner = false): Promise<void> => {
  const refused = await checkDatabase(url);
  if (!refused) return;
  const { key, hint } = advice[refused.refusal];
  const named = owner ? key.replace(/_(URL|PASSWORD)$/, '_OWNER_$1') : key;
  throw new ConfigurationError([{ key: named, message: `no connection to Postgres: ${refused.reason}`, hint }]);
};
