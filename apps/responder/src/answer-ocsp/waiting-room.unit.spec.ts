import { describe, expect, it } from 'vitest';
import { WaitingRoom } from './waiting-room.js';

const never = (): boolean => false;

describe('WaitingRoom', () => {
  it('lets nobody wait longer than was asked for', async () => {
    const room = new WaitingRoom(2);
    await room.wait(never, 10);
    expect(room.size).toBe(0);
  });

  it('lets out at a look those for whom there is news', async () => {
    const room = new WaitingRoom(2);
    let news = false;
    const waiting = room.wait(() => news, 60_000);
    room.look();
    expect(room.size).toBe(1);
    news = true;
    room.look();
    await waiting;
    expect(room.size).toBe(0);
  });

  it('turns away who comes when it is full', async () => {
    const room = new WaitingRoom(2);
    const inside = [room.wait(never, 50), room.wait(never, 50)];
    await room.wait(never, 60_000);
    expect(room.size).toBe(2);
    await Promise.all(inside);
  });
});
