import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { RotationDirectory } from '@cartulary/service';
import { Transport } from '@cartulary/transport';
import { AccessController } from './access.controller.js';
import { CertificateQueriesController } from './certificates.controller.js';
import { DiagnosticsController } from './diagnostics.controller.js';
import { ShowDiagnosticsHandler } from './diagnostics/query.js';
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
import { ListProjectionsHandler } from './list-projections/query.js';
import { ListPublicationsHandler } from './list-publications/query.js';
import { Moments } from './paging/moment.js';
import { Freshness } from './projection/freshness.js';
import { Build } from './projection/build.js';
import { Bulk } from './projection/bulk.js';
import { Comparisons } from './projection/comparison.js';
import { GenerationKeeper } from './projection/generation-keeper.js';
import { Generations } from './projection/generations.js';
import { Progress } from './projection/progress.js';
import { ProjectionWatch } from './projection/projection-watch.js';
import { Projector } from './projection/projector.js';
import { Tables } from './projection/tables.js';
import { ProjectionsController } from './projections.controller.js';
import { RebuildProjectionHandler } from './rebuild-projection/handler.js';
import { CertificateReader } from './show-certificate/certificate-reader.js';
import { ShowCertificateHandler, ShowHistoryHandler } from './show-certificate/query.js';
import { ListTokensHandler } from './tokens/query.js';

const projection = [Tables, Generations, Progress, Freshness, Projector, ProjectionWatch];
const building = [Bulk, Comparisons, Build, GenerationKeeper];
/** Followed for as long as the transport is open. */
const rotations = { provide: RotationDirectory, inject: [Transport], useFactory: RotationDirectory.follow };
const readers = [Moments, CertificateReader, IssuerReader, EventReader, LedgerTail];
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
  ListPublicationsHandler,
  ListProjectionsHandler,
  RebuildProjectionHandler,
  ShowDiagnosticsHandler,
];

/** Every read. Owns no aggregate: the projection can be thrown away and built anew. */
@Module({
  imports: [CqrsModule],
  controllers: [
    CertificateQueriesController,
    DirectoryController,
    LedgerController,
    AccessController,
    ProjectionsController,
    DiagnosticsController,
  ],
  providers: [rotations, ...projection, ...building, ...readers, ...handlers],
})
export class InventoryModule {}
