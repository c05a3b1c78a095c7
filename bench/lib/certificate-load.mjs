import { load, makeCsrs, withoutErrors } from './load.mjs';
import { asOperator } from './place.mjs';
import { TRUST_DOMAIN } from './names.mjs';

// A hundred identities, registered by their first certificates, in the warm-up.
const identity = `spiffe://${TRUST_DOMAIN}/ns/bench/sa/cart-{k}`;
export const oneCertificate = `{"csr":"{csr}","identity":"${identity}"}`;

/** Asks the issuance of a place for certificates; no CSR is used twice before all have been. */
export class CertificateLoad {
  #skip = 0;

  constructor(place, cluster, csrs) {
    Object.assign(this, { place, cluster, csrs });
  }

  static async prepare(place, cluster, count) {
    return new CertificateLoad(place, cluster, await makeCsrs(place.file('csrs.txt'), count));
  }

  #flags(route) {
    const url = this.cluster.of('issuance').map(({ restUrl }) => restUrl + route);
    return {
      ...asOperator(this.cluster),
      url,
      method: 'POST',
      header: 'Content-Type: application/json',
      csrs: this.csrs,
    };
  }

  /** Whatever comes back. */
  async run(options, flags = this.#flags('/v1/certificates')) {
    const given = { ...flags, body: oneCertificate, skip: this.#skip, ...options };
    const result = await load(given, this.place.roots(this.cluster));
    this.#skip += result.requests * (options.items ?? 1);
    return result;
  }

  /** One a request, all of them issued. */
  async single(options) {
    return withoutErrors(await this.run(options));
  }

  async batch(items, options) {
    const batch = { body: '{"requests":[{items}]}', item: oneCertificate, items, marker: '"status":201' };
    return withoutErrors(await this.run({ ...batch, ...options }, this.#flags('/v1/certificates:batch')));
  }
}
