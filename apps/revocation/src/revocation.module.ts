import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { BlockKeyHandler } from './block-key/handler.js';
import { KeyCertificates } from './block-key/key-certificates.js';
import { RevokeBlocked } from './block-key/revoke-blocked.js';
import { CertificateCommands } from './certificate-commands.js';
import { CloseIncidentHandler } from './close-incident/handler.js';
import { IncidentContainment } from './contain-incident/incident-containment.js';
import { IncidentWatch } from './contain-incident/incident-watch.js';
import { DeclareIncidentHandler } from './declare-incident/handler.js';
import { EnforcementController } from './enforcement.controller.js';
import { IncidentSelectorSettler } from './declare-incident/settle-selector.js';
import { IncidentHits } from './enumerate-incident/hits.js';
import { IncidentPreviews } from './enumerate-incident/preview.js';
import { IncidentProjection } from './enumerate-incident/projection.js';
import { IncidentsController } from './incidents.controller.js';
import { Canaries } from './publish-crl/canaries.js';
import { CrlAuthor } from './publish-crl/crl-author.js';
import { CrlPublisher } from './publish-crl/crl-publisher.js';
import { ReleaseCertificateHandler } from './release-certificate/handler.js';
import { RevocationsController } from './revocations.controller.js';
import { DefineServiceHandler } from './rule-services/define-service.js';
import { ListMutualTlsHandler, ListServicesHandler, ShowServiceHandler } from './rule-services/query.js';
import { ServiceRulesDirectory } from './rule-services/service-rules.js';
import { SetMutualTlsHandler } from './rule-services/set-mutual-tls.js';
import { ServicesController } from './services.controller.js';
import { Acknowledgements } from './show-enforcement/acknowledgements.js';
import { Presence } from './show-enforcement/presence.js';
import { ShowEnforcementHandler } from './show-enforcement/query.js';
import { CanaryFeed } from './stream-trust/canary-feed.js';
import { RotationOrders } from './stream-trust/rotation-orders.js';
import { TrustFeed } from './stream-trust/trust-feed.js';
import { TrustStreams } from './stream-trust/trust-streams.js';
import { RevokeCertificateHandler } from './revoke-certificate/handler.js';
import { ListIncidentsHandler, ShowIncidentHandler } from './show-incidents/query.js';

/** Owner of certificates once they are issued, of keys, of incidents and their gate, of publications, and of what proxies
 * are told of services. */
@Module({
  imports: [CqrsModule],
  controllers: [RevocationsController, IncidentsController, ServicesController, EnforcementController],
  providers: [
    CertificateCommands,
    RevokeCertificateHandler,
    ReleaseCertificateHandler,
    KeyCertificates,
    BlockKeyHandler,
    RevokeBlocked,
    IncidentSelectorSettler,
    IncidentPreviews,
    DeclareIncidentHandler,
    CloseIncidentHandler,
    ShowIncidentHandler,
    ListIncidentsHandler,
    IncidentProjection,
    IncidentHits,
    IncidentContainment,
    IncidentWatch,
    Canaries,
    CrlAuthor,
    CrlPublisher,
    RotationOrders,
    TrustFeed,
    CanaryFeed,
    ServiceRulesDirectory,
    DefineServiceHandler,
    ShowServiceHandler,
    ListServicesHandler,
    SetMutualTlsHandler,
    ListMutualTlsHandler,
    Acknowledgements,
    Presence,
    ShowEnforcementHandler,
    TrustStreams,
  ],
})
export class RevocationModule {}
