// What others use to talk to Cartulary: typed REST client.
export {};
