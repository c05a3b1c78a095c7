import { type Any, sdsMessages, secretTypeUrl } from '../sds/messages.js';
import { decode } from '../wire/messages.js';

/** PEM. */
export interface DecodedSecret {
  readonly name: string;
  readonly certificateChain?: string;
  readonly privateKey?: string;
  /** DER. */
  readonly ocspStaple?: Buffer;
  readonly trustedCa?: string;
  readonly crl?: string;
}

interface Source {
  readonly inlineBytes: Buffer;
}
interface Wire {
  readonly name: string;
  readonly tlsCertificate: {
    readonly certificateChain: Source;
    readonly privateKey: Source;
    readonly ocspStaple: Source | null;
  } | null;
  readonly validationContext: { readonly trustedCa: Source; readonly crl: Source } | null;
}

/** What is in a resource of SDS. */
export const decodeSecret = ({ typeUrl, value }: Any): DecodedSecret => {
  if (typeUrl !== secretTypeUrl) throw new Error(`a ${typeUrl} is no secret`);
  const { name, tlsCertificate, validationContext } = decode<Wire>(sdsMessages.Secret, value);
  const text = ({ inlineBytes }: Source): string => Buffer.from(inlineBytes).toString();
  return {
    name,
    ...(tlsCertificate && {
      certificateChain: text(tlsCertificate.certificateChain),
      privateKey: text(tlsCertificate.privateKey),
      ...(tlsCertificate.ocspStaple && { ocspStaple: Buffer.from(tlsCertificate.ocspStaple.inlineBytes) }),
    }),
    ...(validationContext && { trustedCa: text(validationContext.trustedCa), crl: text(validationContext.crl) }),
  };
};
