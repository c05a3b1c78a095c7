import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { ActivateIssuers } from './activate-issuer/activate-issuers.js';
import { CreateTrustDomainHandler } from './create-trust-domain/handler.js';
import { OrderRotationHandler } from './order-rotation/handler.js';
import { SelectorSettler } from './order-rotation/settle-selector.js';
import { RotationsController } from './rotations.controller.js';
import { RotationProjector } from './schedule-renewals/projector.js';
import { RenewalSchedule } from './schedule-renewals/renewal-schedule.js';
import { RenewalScheduler } from './schedule-renewals/scheduler.js';
import { RotationTables } from './schedule-renewals/tables.js';
import { ListRotationsHandler, ShowRotationHandler } from './show-rotations/query.js';
import { RotationStore } from './show-rotations/rotation-store.js';

const schedule = [RotationTables, RotationProjector, RenewalScheduler, RenewalSchedule];
const rotations = [SelectorSettler, OrderRotationHandler, RotationStore, ShowRotationHandler, ListRotationsHandler];

/** Owner of issuers, of the trust domain, and of what is due for renewal. */
@Module({
  imports: [CqrsModule],
  controllers: [RotationsController],
  providers: [CreateTrustDomainHandler, ActivateIssuers, ...schedule, ...rotations],
})
export class RotationModule {}
