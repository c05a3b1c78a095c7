// Lets `node --conditions=source --import <this>` run the TypeScript sources, as Vitest does: no build to be stale.
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    const source = context.parentURL?.endsWith('.ts') && /^\.{1,2}\/.*\.js$/.test(specifier);
    return next(source ? specifier.replace(/\.js$/, '.ts') : specifier, context);
  },
});
