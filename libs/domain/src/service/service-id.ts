import { InvalidValueError } from '../shared/errors.js';

/** A service by its name in a namespace. */
export interface ServiceId {
  readonly namespace: string;
  readonly name: string;
}

/** `<name>.<namespace>`, as callers write it in a host name. A name has no dot, so this has one meaning. */
export const serviceText = ({ namespace, name }: ServiceId): string => `${name}.${namespace}`;

const NAMESPACE = /^[A-Za-z0-9._-]{1,253}$/;
// RFC 1123, section 2.1: a label of a host name.
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Throws InvalidValueError. */
export const parseServiceId = (namespace: string, name: string): ServiceId => {
  demandNamespace(namespace);
  if (!NAME.test(name)) {
    throw new InvalidValueError('name', 'a service is named by lower-case letters, digits and hyphens, at most 63');
  }
  return { namespace, name };
};

export const demandNamespace = (namespace: string): void => {
  if (!NAMESPACE.test(namespace) || namespace === '.' || namespace === '..') {
    throw new InvalidValueError('namespace', 'a namespace is letters, digits, dots, hyphens and underscores');
  }
};

/** Throws InvalidValueError. */
export const demandPort = (port: number): void => {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new InvalidValueError('port', '1 to 65535');
};
