/** Later. */
export const writeDocument = async () => undefined;
