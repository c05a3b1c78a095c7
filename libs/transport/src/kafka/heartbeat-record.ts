import { cloudEventSource, eventContentType, type Heartbeat, heartbeatType } from '@cartulary/contracts';
import { type Message } from 'kafkajs';
import { optionalText, type ReceivedRecord } from './event-record.js';

// In a compacted topic only the newest of each partition stays.
const KEY = 'heartbeat';

export const encodeHeartbeat = (heartbeat: Heartbeat, trustDomain: string): Message => ({
  key: KEY,
  value: JSON.stringify(heartbeat),
  headers: {
    ce_specversion: '1.0',
    ce_id: `${heartbeat.position}@${heartbeat.at}`,
    ce_source: cloudEventSource(trustDomain),
    ce_type: heartbeatType,
    'content-type': eventContentType,
  },
  timestamp: String(Date.parse(heartbeat.at)),
});

export const isHeartbeat = ({ headers = {} }: ReceivedRecord): boolean =>
  optionalText(headers, 'ce_type') === heartbeatType;

export const decodeHeartbeat = ({ value }: ReceivedRecord): Heartbeat =>
  JSON.parse(value?.toString() ?? 'null') as Heartbeat;
