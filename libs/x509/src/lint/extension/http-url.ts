import { type GeneralNameView } from '../view/extension-values.js';

const http =
  /^http:\/\/(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:\/[A-Za-z0-9\-._~:/@!$&'()*+,;=%?]*)?$/;

/** A URI of the http scheme, as what is needed to check a certificate is fetched: over TLS it would go in a circle. */
export const isHttpUrl = ({ kind, content }: GeneralNameView): boolean =>
  kind === 6 && http.test(content.toString('latin1'));
