// Owner of issuers and of what is due for renewal.
export {};
