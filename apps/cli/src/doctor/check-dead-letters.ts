import type { Check } from './examination.js';
import { ok, warning } from './finding.js';

export const deadLettersCheck: Check = async ({ client }) => {
  const { deadLetters } = await client.listDeadLetters();
  if (deadLetters.length === 0) return [ok('none')];
  const groups = [...new Set(deadLetters.map(({ group }) => group))].join(', ');
  const hint = 'Look with `cartulary dead-letters show`, mend the cause, then `cartulary dead-letters replay`.';
  return [warning(`${deadLetters.length} of ${groups}`, hint)];
};
