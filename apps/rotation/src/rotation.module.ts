import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { ActivateIssuers } from './activate-issuer/activate-issuers.js';
import { CreateTrustDomainHandler } from './create-trust-domain/handler.js';

/** Owner of issuers and of the trust domain. */
@Module({ imports: [CqrsModule], providers: [CreateTrustDomainHandler, ActivateIssuers] })
export class RotationModule {}
