import {
  type BundleStateRecord,
  type CertificateStateRecord,
  type DeltaStateRecord,
  type IssuerStateRecord,
  type PreparationStateRecord,
  type PublicationStateRecord,
  type RevokedRecord,
  type StateTopicName,
} from '@cartulary/contracts';

export interface StateRecord {
  readonly topic: StateTopicName;
  readonly key: string;
  readonly value:
    | CertificateStateRecord
    | RevokedRecord
    | IssuerStateRecord
    | PreparationStateRecord
    | PublicationStateRecord
    | DeltaStateRecord
    | BundleStateRecord;
}
