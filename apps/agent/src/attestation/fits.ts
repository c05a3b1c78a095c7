import type { Selector } from '../authority/authority.js';
import type { Peer } from './peer.js';

/** Whether a process is what the selector says: everything that is set, and something must be. */
export const fits = ({ uid, gid, path }: Selector, peer: Pick<Peer, 'uid' | 'gid' | 'executable'>): boolean => {
  if (uid === undefined && gid === undefined && path === undefined) return false;
  if (uid !== undefined && uid !== peer.uid) return false;
  if (gid !== undefined && gid !== peer.gid) return false;
  return path === undefined || path === peer.executable();
};
