const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const pattern = new RegExp(`^(?:${label}\\.)*${label}$`);

/** A host name in lower case: no wildcard, no underscore, no trailing dot, nothing that reads as an address. */
export const isDnsName = (name: string): boolean =>
  name.length > 0 && name.length <= 253 && pattern.test(name) && !/(?:^|\.)\d+$/.test(name);
