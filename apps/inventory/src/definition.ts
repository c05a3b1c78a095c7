import type { ServiceDefinition } from '@cartulary/service';
import { InventoryModule } from './inventory.module.js';

/** Inventory by itself. */
export const definition: ServiceDefinition = {
  name: 'inventory',
  needs: { ledger: true, projections: true },
  module: () => InventoryModule,
};
