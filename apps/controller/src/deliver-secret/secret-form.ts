/** How a Secret is called and laid out. */
export interface SecretForm {
  readonly type: string;
  /** `istio.{account}`. */
  readonly name: string;
  readonly keys: { readonly chain: string; readonly key: string; readonly root: string };
}

export const secretTypes = { istio: 'istio.io/key-and-cert', tls: 'kubernetes.io/tls' } as const;

/** As Istio's first CA wrote them, and as everything else expects them. */
export const usualKeys = {
  istio: ['cert-chain.pem', 'key.pem', 'root-cert.pem'],
  tls: ['tls.crt', 'tls.key', 'ca.crt'],
} as const;

export const secretForm = (
  kind: keyof typeof secretTypes,
  name: string,
  [chain, key, root]: readonly string[] = usualKeys[kind],
): SecretForm => ({
  type: secretTypes[kind],
  name,
  keys: { chain: chain ?? '', key: key ?? '', root: root ?? '' },
});

export const secretName = (form: Pick<SecretForm, 'name'>, account: string): string =>
  form.name.replaceAll('{account}', account);

/** On everything that the controller makes: its watches are for these alone. */
export const managedBy = { 'app.kubernetes.io/managed-by': 'cartulary' } as const;
export const managedSelector = Object.entries(managedBy)
  .map(([name, value]) => `${name}=${value}`)
  .join(',');

/** Whose a Secret is; the name that Istio gave this annotation. */
export const ACCOUNT = 'istio.io/service-account.name';
/** When this certificate was put there, RFC 3339. */
export const DELIVERED = 'cartulary.dev/delivered-at';
/** For people: kubectl shows it. */
export const SERIAL = 'cartulary.dev/serial';
