import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KafkaSettings } from '@cartulary/transport';

/** A listener that speaks TLS and asks who is there, and a cluster that asks what they may. PEM files. */
export interface KafkaSecurity {
  /** Of the broker; it has to name `localhost`. */
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Of the authority that clients check it against. */
  readonly caFile: string;
  /** Passwords by name, for SCRAM-SHA-512 and for PLAIN. `admin` has to be among them, and may do everything. */
  readonly users: Readonly<Record<string, string>>;
}

const jaas = (module: string, options: Readonly<Record<string, string>> = {}): string => {
  const given = Object.entries(options).map(([name, value]) => ` ${name}="${value}"`);
  return `org.apache.kafka.common.security.${module} required${given.join('')};`;
};

/** More of server.properties: `SECURE` on this port. Within the broker nobody is asked, on a port of its own. */
export async function secureListener(
  { certificateFile, keyFile, caFile, users }: KafkaSecurity,
  directory: string,
  { port, internalPort, controllerPort }: { port: number; internalPort: number; controllerPort: number },
): Promise<Record<string, string>> {
  const keystore = join(directory, 'keystore.pem');
  const [key, certificate] = await Promise.all([readFile(keyFile, 'utf8'), readFile(certificateFile, 'utf8')]);
  await writeFile(keystore, `${key}${certificate}`, { mode: 0o600 });
  const plain = Object.entries(users).map(([name, password]) => [`user_${name}`, password] as const);
  const protocols = { PLAINTEXT: 'PLAINTEXT', CONTROLLER: 'PLAINTEXT', SECURE: 'SASL_SSL' };
  return {
    listeners: `PLAINTEXT://127.0.0.1:${internalPort},CONTROLLER://127.0.0.1:${controllerPort},SECURE://127.0.0.1:${port}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${internalPort},SECURE://localhost:${port}`,
    'listener.security.protocol.map': Object.entries(protocols)
      .map(([name, protocol]) => `${name}:${protocol}`)
      .join(','),
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keystore,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': caFile,
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512,PLAIN',
    'listener.name.secure.scram-sha-512.sasl.jaas.config': jaas('scram.ScramLoginModule'),
    'listener.name.secure.plain.sasl.jaas.config': jaas('plain.PlainLoginModule', Object.fromEntries(plain)),
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS;User:admin',
  };
}

/** Arguments of `kafka-storage format`: the first users are there before the first broker. */
export const scramUsers = ({ users }: KafkaSecurity): string[] =>
  Object.entries(users).flatMap(([name, password]) => [
    '--add-scram',
    `SCRAM-SHA-512=[name=${name},password=${password}]`,
  ]);

/** How `admin`, or another of the users, gets in. */
export async function securedClient(
  { caFile, users }: KafkaSecurity,
  username = 'admin',
): Promise<Pick<KafkaSettings, 'ssl' | 'sasl'>> {
  const password = users[username];
  if (password === undefined) throw new Error(`${username} is no user of this broker`);
  return { ssl: { ca: await readFile(caFile, 'utf8') }, sasl: { mechanism: 'scram-sha-512', username, password } };
}
