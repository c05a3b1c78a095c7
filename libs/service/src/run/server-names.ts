import { isIP } from 'node:net';

/** The configured names of a service's server certificate. */
export const serverNamesOf = (
  names: readonly string[],
  service: string,
): { readonly dnsNames: string[]; readonly ipAddresses: string[] } => {
  const own = names.map((name) => name.replaceAll('{service}', service));
  return { dnsNames: own.filter((name) => !isIP(name)), ipAddresses: own.filter((name) => isIP(name)) };
};
