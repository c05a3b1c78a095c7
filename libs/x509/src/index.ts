// CSR, certificate, CRL, OCSP: encode, decode, sign, verify; key stores.
export {};
