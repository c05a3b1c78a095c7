/** What the API server refused, or that it could not be reached (`status` 0). */
export class KubernetesError extends Error {
  constructor(
    /** HTTP status. */
    readonly status: number,
    /** `metav1.Status.reason`: `NotFound`, `AlreadyExists`, `Conflict`, `Expired`, … */
    readonly reason: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** What /readyz shows. */
  get code(): string {
    return this.status === 0 ? 'KUBERNETES_UNREACHABLE' : `KUBERNETES_${this.status}`;
  }
}

export const isStatus = (error: unknown, status: number): boolean =>
  error instanceof KubernetesError && error.status === status;
