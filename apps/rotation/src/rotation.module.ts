import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { ActivateIssuers } from './activate-issuer/activate-issuers.js';
import { Candidates } from './activate-issuer/candidates.js';
import { IssuerSuccession } from './activate-issuer/issuer-succession.js';
import { CreateTrustDomainHandler } from './create-trust-domain/handler.js';
import { RootCrls } from './import-ceremony/root-crls.js';
import { IssuersController } from './issuers.controller.js';
import { CountCertificates } from './keep-epochs/count-certificates.js';
import { EpochBook } from './keep-epochs/epoch-book.js';
import { EpochKeeper } from './keep-epochs/epoch-keeper.js';
import { OrderRotationHandler } from './order-rotation/handler.js';
import { SelectorSettler } from './order-rotation/settle-selector.js';
import { IssuerPreparer } from './prepare-issuer/issuer-preparer.js';
import { CaRetirement } from './retire-ca/ca-retirement.js';
import { RetireIssuerHandler } from './retire-ca/handler.js';
import { IssuerRetirement } from './retire-issuer/issuer-retirement.js';
import { RevokeIssuerHandler } from './revoke-issuer/handler.js';
import { RotateIssuerHandler } from './rotate-issuer/handler.js';
import { RotationsController } from './rotations.controller.js';
import { RotationProjector } from './schedule-renewals/projector.js';
import { RenewalSchedule } from './schedule-renewals/renewal-schedule.js';
import { RenewalScheduler } from './schedule-renewals/scheduler.js';
import { RotationTables } from './schedule-renewals/tables.js';
import { ListRotationsHandler, ShowRotationHandler } from './show-rotations/query.js';
import { RotationStore } from './show-rotations/rotation-store.js';

const schedule = [RotationTables, RotationProjector, RenewalScheduler, RenewalSchedule];
const rotations = [SelectorSettler, OrderRotationHandler, RotationStore, ShowRotationHandler, ListRotationsHandler];

const succession = [ActivateIssuers, Candidates, IssuerSuccession, RotateIssuerHandler, RevokeIssuerHandler];
const retirement = [IssuerRetirement, CaRetirement, RetireIssuerHandler];
const epochs = [...succession, ...retirement, EpochBook, CountCertificates, IssuerPreparer, EpochKeeper, RootCrls];

/** Owner of issuers, of the trust domain, and of what is due for renewal. */
@Module({
  imports: [CqrsModule],
  controllers: [RotationsController, IssuersController],
  providers: [CreateTrustDomainHandler, ...epochs, ...schedule, ...rotations],
})
export class RotationModule {}
