// Revokes, holds, releases; builds and publishes CRLs.
export {};
