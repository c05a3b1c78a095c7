// Issues and renews certificates; owner of identities.
export {};
