// CRL, OCSP, AIA and bundle endpoints for relying parties.
export {};
