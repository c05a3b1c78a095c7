import { createKafka } from './client.js';
import { type KafkaSettings } from './settings.js';

/** What stands between us and the brokers until a configuration is changed, ours or theirs. */
export type KafkaRefusal =
  'server-untrusted' | 'server-name' | 'no-tls' | 'client-certificate' | 'credentials' | 'mechanism';

export interface RefusedByKafka {
  readonly refusal: KafkaRefusal;
  /** The broker's words or Node's; no secret is among them. */
  readonly reason: string;
}

/**
 * Connects once, and gives what stays wrong until somebody changes it; undefined when it connects, and when no broker is
 * there, or not yet.
 */
export async function checkKafka(settings: KafkaSettings): Promise<RefusedByKafka | undefined> {
  const admin = createKafka(settings).admin({ retry: { retries: 0 } });
  try {
    await admin.connect();
    return undefined;
  } catch (error) {
    for (let one: unknown = error; one instanceof Error; one = one.cause) {
      const refusal = refusalOf(one);
      if (refusal) return { refusal, reason: one.message };
    }
    return undefined;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

// Of Node's TLS; what else its codes begin with says that a certificate was not believed.
const UNTRUSTED = /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_)/;
const OUR_CERTIFICATE = /^ERR_SSL_.*ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE|UNSUPPORTED_CERTIFICATE)/;

function refusalOf(error: Error & { readonly code?: unknown; readonly type?: unknown }): KafkaRefusal | undefined {
  const { name, message, code = '', type } = error;
  if (type === 'UNSUPPORTED_SASL_MECHANISM') return 'mechanism';
  if (name === 'KafkaJSSASLAuthenticationError') return message.includes('not supported') ? 'mechanism' : 'credentials';
  if (typeof code !== 'string') return undefined;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'server-name';
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') return 'no-tls';
  if (UNTRUSTED.test(code)) return 'server-untrusted';
  return OUR_CERTIFICATE.test(code) ? 'client-certificate' : undefined;
}
