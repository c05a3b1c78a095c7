/** Who runs a service and who may call it. Identities are SPIFFE IDs, compared exactly. */
export interface ServiceRules {
  /** `<name>.<namespace>` */
  readonly service: string;
  /** A client takes a server with one of these identities and no other. */
  readonly runs: readonly string[];
  readonly callers: readonly string[];
  /** Mutual TLS at the service's door: never, where the client wants it, always. */
  readonly mode: 'disabled' | 'permissive' | 'strict';
  /** False: a call that `callers` would refuse is let in and counted (Envoy's shadow rules). */
  readonly enforced: boolean;
}

/** Where the rules come from; a Nest token. */
export abstract class RulesSource {
  /** Undefined: nothing is known of this service, so nothing is served for it. */
  abstract find(service: string): ServiceRules | undefined;

  /** Gives what ends it. */
  abstract onChange(listener: () => void): () => void;
}
