import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { BlockKeyHandler } from './block-key/handler.js';
import { KeyCertificates } from './block-key/key-certificates.js';
import { RevokeBlocked } from './block-key/revoke-blocked.js';
import { CertificateCommands } from './certificate-commands.js';
import { CrlAuthor } from './publish-crl/crl-author.js';
import { CrlPublisher } from './publish-crl/crl-publisher.js';
import { ReleaseCertificateHandler } from './release-certificate/handler.js';
import { RevocationsController } from './revocations.controller.js';
import { Acknowledgements } from './stream-trust/acknowledgements.js';
import { TrustFeed } from './stream-trust/trust-feed.js';
import { TrustStreams } from './stream-trust/trust-streams.js';
import { RevokeCertificateHandler } from './revoke-certificate/handler.js';

/** Owner of certificates once they are issued, of keys, and of publications. */
@Module({
  imports: [CqrsModule],
  controllers: [RevocationsController],
  providers: [
    CertificateCommands,
    RevokeCertificateHandler,
    ReleaseCertificateHandler,
    KeyCertificates,
    BlockKeyHandler,
    RevokeBlocked,
    CrlAuthor,
    CrlPublisher,
    TrustFeed,
    Acknowledgements,
    TrustStreams,
  ],
})
export class RevocationModule {}
