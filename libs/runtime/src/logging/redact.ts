const masked = '[redacted]';
const secretNames =
  /^(authorization|proxyauthorization|cookie|setcookie|(access|bearer|id)?token|secret|password|passphrase|privatekey|keypem|csr|signingkey)$/;
const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g;
const bearer = /\b(Bearer|Basic)\s+[\w.~+/=-]+/gi;
const urlPassword = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@/]+@/gi;

/** Text with private keys, credentials of an Authorization header and passwords of URLs taken out. */
export const redactText = (text: string): string =>
  text.replace(privateKey, masked).replace(bearer, `$1 ${masked}`).replace(urlPassword, `$1:${masked}@`);

const isSecretName = (name: string): boolean => secretNames.test(name.replace(/[-_]/g, '').toLowerCase());

const redactError = (error: Error, depth: number): Record<string, unknown> => ({
  type: error.name,
  message: redactText(error.message),
  stack: redactText(error.stack ?? ''),
  ...('code' in error && { code: error.code }),
  ...(error.cause !== undefined && { cause: redact(error.cause, depth + 1) }),
});

/** A copy that may be logged: whatever is named like a secret or looks like one is gone, at every depth. */
export const redact = (value: unknown, depth = 0): unknown => {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth > 6) return '[deep]';
  if (value instanceof Error) return redactError(value, depth);
  if (value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} octets]`;
  if ('toJSON' in value && typeof value.toJSON === 'function') return redact(value.toJSON(), depth + 1);
  if (Array.isArray(value)) return value.slice(0, 100).map((entry) => redact(entry, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [name, isSecretName(name) ? masked : redact(entry, depth + 1)]),
  );
};
