import { Inject, Injectable } from '@nestjs/common';
import { ServiceRulesStore } from '../services/service-rules-store.js';
import type { MeshDescription } from './mesh-description.js';
import { MESH } from './mesh-token.js';
import { RulesSource, type ServiceRules } from './service-rules.js';

/** What the CA says of a service; of one that it says nothing of, what stands in the agent's own file. */
@Injectable()
export class ToldRules extends RulesSource {
  constructor(
    private readonly told: ServiceRulesStore,
    @Inject(MESH) private readonly mesh: Pick<MeshDescription, 'services'>,
  ) {
    super();
  }

  find(service: string): ServiceRules | undefined {
    const isIt = (rules: ServiceRules): boolean => rules.service === service;
    return this.told.all?.find(isIt) ?? this.mesh.services.find(isIt);
  }

  onChange(listener: () => void): () => void {
    return this.told.onChange(listener);
  }
}
