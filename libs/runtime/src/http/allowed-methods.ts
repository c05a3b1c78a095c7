import { type FastifyInstance, type FastifyRequest } from 'fastify';

/** The router's spelling of a literal colon is two; ours, in logs and metrics, is one. */
export const patternOf = (url: string): string => url.replaceAll('::', ':');

const expressionOf = (url: string): RegExp => {
  const source = url
    .split(/(::|:[A-Za-z0-9_]+|\*)/)
    .map((part) => {
      if (part === '::') return ':';
      if (part === '*') return '.*';
      return part.startsWith(':') ? '[^/]+' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^${source}$`);
};

interface Route {
  readonly expression: RegExp;
  readonly methods: Set<string>;
}

const tables = new WeakMap<object, Map<string, Route>>();

/** Remembers the routes of a server from now on, so that a wrong method can be told from a wrong path. */
export const rememberRoutes = (instance: FastifyInstance): void => {
  const routes = new Map<string, Route>();
  tables.set(instance.server, routes);
  instance.addHook('onRoute', ({ url, method }) => {
    const route = routes.get(url) ?? { expression: expressionOf(url), methods: new Set<string>() };
    for (const name of [method].flat()) route.methods.add(name);
    routes.set(url, route);
  });
};

/** The methods that the path of an unmatched request does have; none when there is no such path. */
export const allowedMethodsOf = (request: FastifyRequest): string[] => {
  const routes = [...(tables.get(request.server.server)?.values() ?? [])];
  const [path = ''] = request.url.split('?');
  const matching = routes.filter(({ expression }) => expression.test(path));
  return [...new Set(matching.flatMap(({ methods }) => [...methods]))].sort();
};
