/** What RuntimeModule provides beside the classes Clock, Metrics and Health. */
export const CONFIG = Symbol('cartulary:config');
export const LOGGER = Symbol('cartulary:logger');
export const PROBLEM_TABLE = Symbol('cartulary:problem-table');
