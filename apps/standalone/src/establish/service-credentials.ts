import type { CommandBus } from '@nestjs/cqrs';
import { systemCaller } from '@cartulary/access';
import { IdentityAlreadyRegisteredError, type Role } from '@cartulary/domain';
import { RegisterIdentityCommand } from '@cartulary/issuance';
import { type Config, ConfigurationError } from '@cartulary/runtime';
import { serverNamesOf } from '@cartulary/service';
import type { LocalCredentials } from './local-credentials.js';

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** `issuance,responder-a` → names of services. Throws ConfigurationError. */
export const serviceNames = (text: string): readonly string[] => {
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !NAME.test(name));
  if (wrong === undefined) return names;
  const hint = 'give names such as issuance,responder-a: lower-case letters, digits and hyphens';
  throw new ConfigurationError([{ key: '--services', value: wrong, message: 'is no name of a service', hint }]);
};

/** `controller`, or `controller-…` where clusters have one each, gets workloads their certificates. */
const roleOf = (name: string): Role => (/^controller(-|$)/.test(name) ? 'controller' : 'service');

/**
 * What services need for their first start by themselves, in `services/` of the data directory: a system certificate to
 * call others with and a server certificate; registered with the role `service`, which reaches nobody else's, or
 * `controller`.
 */
export const enrolServices = async (
  names: readonly string[],
  config: Config,
  commands: CommandBus,
  credentials: LocalCredentials,
  now: Date,
): Promise<void> => {
  for (const name of names) {
    const identity = `spiffe://${config.trustDomain}/cartulary/service/${name}`;
    const context = { caller: systemCaller('standalone'), correlationId: `enrol-${name}` };
    try {
      await commands.execute(new RegisterIdentityCommand(identity, { role: roleOf(name) }, context));
    } catch (error) {
      if (!(error instanceof IdentityAlreadyRegisteredError)) throw error;
    }
    const file = `services/${name}`;
    await credentials.ensure({ name: file, csr: { uris: [identity] }, request: { profile: 'service', identity } }, now);
    const csr = serverNamesOf(config.serverNames, name);
    await credentials.ensure({ name: `${file}-server`, csr, request: { profile: 'server', identity } }, now);
  }
};
