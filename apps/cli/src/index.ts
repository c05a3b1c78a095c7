// The cartulary command.
export {};
