import type { ProjectionGeneration } from '@cartulary/contracts';
import { timestamp } from '@cartulary/domain';
import type { GenerationRecord } from '../projection/generations.js';

export const generationView = (record: GenerationRecord): ProjectionGeneration => {
  const { generation, status, version, reason, startedBy, startedAt, position, events, buildingMs } = record;
  const { builtAt, switchedAt, comparison, failure, skipped } = record;
  const eventsPerSecond = Math.round((events / Math.max(1, buildingMs)) * 1_000);
  return {
    generation,
    status,
    version,
    reason,
    startedBy,
    startedAt: timestamp(startedAt),
    position,
    events,
    ...(events > 0 ? { eventsPerSecond } : {}),
    skipped: [...skipped],
    ...(builtAt ? { builtAt: timestamp(builtAt) } : {}),
    ...(switchedAt ? { switchedAt: timestamp(switchedAt) } : {}),
    ...(comparison ? { comparison } : {}),
    ...(failure === null ? {} : { failure }),
  };
};
