import { signerContract } from '../testing/signer.contract.js';
import { InMemorySigner } from './in-memory-signer.js';

signerContract('InMemorySigner', async () => new InMemorySigner());
