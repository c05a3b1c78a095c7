/** Nest token of the node's MeshDescription. */
export const MESH = Symbol('cartulary:mesh');
