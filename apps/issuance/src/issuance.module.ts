import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { AttestAgentHandler } from './attest-agent/handler.js';
import { CertificatesController } from './certificates.controller.js';
import { CreateJoinTokenHandler } from './create-join-token/handler.js';
import { CreateTokenHandler } from './create-token/handler.js';
import { GetIdentityHandler } from './get-identity/query.js';
import { Agents } from './grpc/agents.js';
import { IstioCertificates } from './grpc/istio-certificates.js';
import { IdentitiesController } from './identities.controller.js';
import { IssueBatchHandler } from './issue-batch/handler.js';
import { Certifier } from './issue-certificate/certifier.js';
import { IssueCertificateHandler } from './issue-certificate/handler.js';
import { PlaceIdentityHandler } from './place-identity/handler.js';
import { PlacementsController } from './placements.controller.js';
import { RegisterIdentityHandler } from './register-identity/handler.js';
import { RenewCertificateHandler } from './renew-certificate/handler.js';
import { RevokeTokenHandler } from './revoke-token/handler.js';
import { ChangeSuspensionHandler } from './suspend-identity/handler.js';
import { TokensController } from './tokens.controller.js';

/** Owner of identities, tokens, and of certificates until they are issued. */
@Module({
  imports: [CqrsModule],
  controllers: [CertificatesController, IdentitiesController, PlacementsController, TokensController],
  providers: [
    Certifier,
    IssueCertificateHandler,
    IssueBatchHandler,
    RenewCertificateHandler,
    RegisterIdentityHandler,
    ChangeSuspensionHandler,
    GetIdentityHandler,
    CreateTokenHandler,
    RevokeTokenHandler,
    CreateJoinTokenHandler,
    PlaceIdentityHandler,
    AttestAgentHandler,
    IstioCertificates,
    Agents,
  ],
})
export class IssuanceModule {}
