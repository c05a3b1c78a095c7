// What outsiders see: REST schemas and OpenAPI.
export {};
