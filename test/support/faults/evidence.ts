export type Action = 'issue' | 'renew' | 'hold' | 'release' | 'revoke' | 'suspend' | 'reinstate' | 'block';

/** One command as its client saw it. Times are milliseconds since 1970. */
export interface Command {
  /** Its Idempotency-Key, and its correlation id. */
  readonly key: string;
  readonly action: Action;
  /** What it is about: a serial, an identity or a key hash; for an issuance the identity. */
  readonly subject: string;
  readonly sentAt: number;
  /** `unsure`: no answer, or one that leaves it open, and the client gave up. */
  readonly outcome: 'acknowledged' | 'refused' | 'unsure';
  readonly answeredAt: number;
  readonly attempts: number;
  /** Of the refusal. */
  readonly code?: string;
  /** Of the acknowledgement: the certificate that was issued, and the position. */
  readonly serial?: string;
  readonly position?: number;
}

/** An event of the ledger; the fields of its data that matter here. */
export interface Fact {
  readonly position: number;
  readonly stream: string;
  readonly type: string;
  /** Milliseconds since 1970. */
  readonly committedAt: number;
  readonly correlationId: string;
  readonly data: {
    readonly serial?: string;
    readonly identity?: string;
    readonly keyHash?: string;
    readonly issuerId?: string;
    readonly reason?: string;
    readonly number?: number;
    readonly sha256?: string;
  };
}

interface Seen {
  readonly sentAt: number;
  readonly receivedAt: number;
  readonly thisUpdate: number;
}

export interface OcspSeen extends Seen {
  readonly serial: string;
  readonly says: 'good' | 'revoked' | 'unknown';
  readonly reason?: string;
}

export interface CrlSeen extends Seen {
  readonly issuerId: string;
  readonly number: number;
  readonly sha256: string;
  /** Reasons by serial. */
  readonly entries: Readonly<Record<string, string>>;
}

export interface Evidence {
  readonly commands: readonly Command[];
  /** By position. */
  readonly facts: readonly Fact[];
  /** In the order in which they were received, each kind by one watcher. */
  readonly ocspSeen: readonly OcspSeen[];
  readonly crlsSeen: readonly CrlSeen[];
  /** Asked when everything had come to rest: of every certificate and every issuer. */
  readonly ocspAtRest: readonly OcspSeen[];
  readonly crlsAtRest: readonly CrlSeen[];
}

/** What is wrong, one sentence each. */
export type Violations = string[];
