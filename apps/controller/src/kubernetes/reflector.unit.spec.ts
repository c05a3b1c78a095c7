import { setImmediate as turn } from 'node:timers/promises';
import type { V1Secret } from '@kubernetes/client-node';
import { silentLogger } from '@cartulary/runtime';
import { describe, expect, it } from 'vitest';
import type { WatchEvent } from './api.js';
import { KubernetesError } from './errors.js';
import { Reflector } from './reflector.js';

const secret = (name: string, version: number, value = String(version)): V1Secret => ({
  metadata: { namespace: 'shop', name, resourceVersion: String(version) },
  data: { value },
});
type Script = readonly (WatchEvent<V1Secret> | KubernetesError)[];

/** Lists and watches in the order of a script; the last watch stays open until the signal. */
const reflecting = (lists: readonly (readonly [number, readonly V1Secret[]])[], watches: readonly Script[]) => {
  const abort = new AbortController();
  const watched: string[] = [];
  const changes: string[] = [];
  const api = {
    list: async () => {
      const [version, items] = lists[Math.min(listed++, lists.length - 1)]!;
      return { items, resourceVersion: String(version) };
    },
    async *watch(_path: string, { query = {} }: { readonly query?: Readonly<Record<string, unknown>> }) {
      const script = watches[watched.push(String(query['resourceVersion'])) - 1];
      for (const event of script ?? []) {
        if (event instanceof KubernetesError) throw event;
        yield event;
      }
      if (watched.length >= watches.length) await new Promise((resolve) => (abort.signal.onabort = resolve));
    },
  };
  let listed = 0;
  const reflector = new Reflector<V1Secret, string>({
    api: api as unknown as ConstructorParameters<typeof Reflector<V1Secret, string>>[0]['api'],
    path: '/api/v1/secrets',
    project: ({ data }) => data?.['value'] ?? '',
    onChange: (key) => changes.push(key),
    logger: silentLogger(),
  });
  const running = reflector.run(abort.signal);
  const seen = async (): Promise<void> => {
    while (watched.length < watches.length) await turn();
    for (let turns = 0; turns < 20; turns++) await turn();
  };
  const stop = async (): Promise<void> => {
    abort.abort();
    await running;
  };
  return { reflector, changes, watched, seen, stop, lists: () => listed };
};
const event = (type: WatchEvent<V1Secret>['type'], object: V1Secret) => ({ type, object });

describe('the reflector', () => {
  it('lists, then goes on at the list’s version and tells of each change', async () => {
    const { reflector, changes, watched, seen, stop } = reflecting(
      [[5, [secret('a', 3)]]],
      [[event('ADDED', secret('b', 6)), event('MODIFIED', secret('a', 7)), event('DELETED', secret('b', 8))]],
    );
    await seen();
    expect(watched).toEqual(['5']);
    expect([...reflector.keys()]).toEqual(['shop/a']);
    expect(reflector.get('shop/a')).toBe('7');
    expect(changes).toEqual(['shop/a', 'shop/b', 'shop/a', 'shop/b']);
    await stop();
  });

  it('goes on where a watch has ended, also after a bookmark', async () => {
    const { watched, seen, stop, lists } = reflecting(
      [[5, []]],
      [[event('ADDED', secret('a', 6))], [event('BOOKMARK', secret('', 9))], []],
    );
    await seen();
    expect(watched).toEqual(['5', '6', '9']);
    expect(lists()).toBe(1);
    await stop();
  });

  it.each([
    ['as an event', event('ERROR', { code: 410, reason: 'Expired' } as unknown as V1Secret)],
    ['as a refusal', new KubernetesError(410, 'Expired', 'too old')],
  ])('lists again after 410, %s, and tells of what has gone meanwhile', async (_, expired) => {
    const lists = [
      [5, [secret('a', 3), secret('b', 4)]],
      [20, [secret('b', 4), secret('c', 12)]],
    ] as const;
    const { reflector, changes, watched, seen, stop } = reflecting(lists, [[expired], []]);
    await seen();
    expect(watched).toEqual(['5', '20']);
    expect([...reflector.keys()].sort()).toEqual(['shop/b', 'shop/c']);
    expect(changes).toEqual(['shop/a', 'shop/b', 'shop/c', 'shop/a']);
    await stop();
  });

  it('never lets older news replace what an own write was answered with', async () => {
    const { reflector, seen, stop } = reflecting([[5, [secret('a', 3)]]], [[]]);
    await seen();
    reflector.take(secret('a', 9, 'written'));
    reflector.take(secret('a', 4, 'late'));
    expect(reflector.get('shop/a')).toBe('written');
    await stop();
  });

  it('says what keeps it from hearing anything, until it hears again', async () => {
    const cut = new KubernetesError(0, 'Unreachable', 'cut');
    const { reflector, watched, seen, stop } = reflecting([[5, []]], [[cut], [event('ADDED', secret('a', 6))], []]);
    while (!reflector.failure) await turn();
    expect(reflector.failure).toBe(cut);
    await seen();
    expect(watched).toEqual(['5', '5', '6']);
    expect(reflector.failure).toBeUndefined();
    await stop();
  });
});
