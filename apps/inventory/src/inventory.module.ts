import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { AccessController } from './access.controller.js';
import { CertificateQueriesController } from './certificates.controller.js';
import { DirectoryController } from './directory.controller.js';
import { IssuerReader } from './issuers/issuer-reader.js';
import { ListIssuersHandler, ShowIssuerHandler } from './issuers/query.js';
import { ShowTrustBundleHandler } from './issuers/trust-bundle.js';
import { LedgerController } from './ledger.controller.js';
import { EventReader } from './ledger/event-reader.js';
import { LedgerTail } from './ledger/ledger-tail.js';
import { ListEventsHandler } from './ledger/query.js';
import { ListCertificatesHandler } from './list-certificates/query.js';
import { ListIdentitiesHandler } from './list-identities/query.js';
import { Freshness } from './projection/freshness.js';
import { InventoryConsumer } from './projection/inventory-consumer.js';
import { Progress } from './projection/progress.js';
import { ProjectionWatch } from './projection/projection-watch.js';
import { Projector } from './projection/projector.js';
import { Tables } from './projection/tables.js';
import { CertificateReader } from './show-certificate/certificate-reader.js';
import { ShowCertificateHandler, ShowHistoryHandler } from './show-certificate/query.js';
import { ListTokensHandler } from './tokens/query.js';

const projection = [Tables, Progress, Freshness, Projector, InventoryConsumer, ProjectionWatch];
const readers = [CertificateReader, IssuerReader, EventReader, LedgerTail];
const handlers = [
  ListCertificatesHandler,
  ShowCertificateHandler,
  ShowHistoryHandler,
  ListIdentitiesHandler,
  ListIssuersHandler,
  ShowIssuerHandler,
  ShowTrustBundleHandler,
  ListEventsHandler,
  ListTokensHandler,
];

/** Every read. Owns no aggregate: the projection can be thrown away and built anew. */
@Module({
  imports: [CqrsModule],
  controllers: [CertificateQueriesController, DirectoryController, LedgerController, AccessController],
  providers: [...projection, ...readers, ...handlers],
})
export class InventoryModule {}
