import { type ConnectionOptions } from 'node:tls';

export interface KafkaSettings {
  /** host:port */
  readonly brokers: readonly string[];
  /** `cartulary` unless said otherwise; the broker's quotas and logs know us by it. */
  readonly clientId?: string;
  /** Of every topic, before a dot: `cartulary` unless said otherwise. Two systems on one Kafka have two. */
  readonly prefix?: string;
  readonly ssl?: ConnectionOptions | boolean;
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
}

export interface GroupSettings {
  /** Milliseconds after which a member that says nothing is dropped and another takes over; 8 000. */
  readonly sessionTimeout: number;
  /** Milliseconds between two signs of life, and within which a member notices that the group has changed; 2 000. */
  readonly heartbeatInterval: number;
  /** Milliseconds the broker may hold back an answer that would be empty; 500. */
  readonly maxWait: number;
}

export const DEFAULT_GROUP: GroupSettings = { sessionTimeout: 8_000, heartbeatInterval: 2_000, maxWait: 500 };

export const topicName = (settings: KafkaSettings, name: string): string => `${settings.prefix ?? 'cartulary'}.${name}`;
