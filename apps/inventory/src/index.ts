// Queries and the ledger explorer.
export { InventoryModule } from './inventory.module.js';
