import { availableParallelism } from 'node:os';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { ProofPool } from '@cartulary/x509';

/** Beyond this many the event loop and Postgres are what there is too little of. */
const MOST_THREADS = 4;

/** Where the signatures of requests are checked: on threads of their own, so that both TLS and Postgres go on. */
@Injectable()
export class Proofs extends ProofPool implements OnModuleDestroy {
  constructor() {
    super(Math.min(MOST_THREADS, availableParallelism()));
  }

  onModuleDestroy(): Promise<void> {
    return this.close();
  }
}
