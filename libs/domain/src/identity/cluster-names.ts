const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Of a DNS name that Kubernetes gives a Service, the Service's name: `cart` of `cart.shop`, `cart.shop.svc` and
 * `cart.shop.svc.cluster.local` for namespace `shop`. Undefined for every other name, also one in another namespace.
 */
export const serviceOfDnsName = (name: string, namespace: string, clusterDomain: string): string | undefined => {
  const forms = [`.${namespace}`, `.${namespace}.svc`, `.${namespace}.svc.${clusterDomain}`];
  const form = forms.find((suffix) => name.endsWith(suffix) && label.test(name.slice(0, -suffix.length)));
  return form === undefined ? undefined : name.slice(0, -form.length);
};
