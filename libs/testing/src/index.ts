// Servers and fakes for tests.
export {};
