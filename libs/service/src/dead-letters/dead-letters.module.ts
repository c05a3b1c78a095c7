import { Module } from '@nestjs/common';
import { DeadLetters } from './dead-letters.js';
import { DeadLettersController } from './dead-letters.controller.js';

/** For every service with a ledger. */
@Module({ controllers: [DeadLettersController], providers: [DeadLetters] })
export class DeadLettersModule {}
