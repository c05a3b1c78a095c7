import { foreignVariables, keys, listKeys } from '@cartulary/runtime';
import { agentConfiguration } from './agent-configuration.js';

// Services on the same machine may share an environment with the agent: their keys are no mistake here.
const own = new Set(listKeys(agentConfiguration).map(({ variable }) => variable));
const ofServices = listKeys(keys)
  .map(({ variable }) => variable)
  .filter((variable) => !own.has(variable))
  .flatMap((variable) => [variable, `${variable}_FILE`]);
/** Variables that the agent doesn't look at. */
export const notOurs = [...foreignVariables, ...ofServices].filter((variable) => variable !== 'CARTULARY_AGENT_*');
