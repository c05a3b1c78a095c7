import { TLSSocket } from 'node:tls';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { UnauthenticatedError } from '@cartulary/access';
import { UNAUTHENTICATED } from '@cartulary/runtime';

interface OnSocket {
  readonly raw: { readonly socket: unknown };
}

/**
 * For a service without a ledger, whose REST is health and metrics alone: any certificate of the system issuer opens it.
 * Whether that is revoked it can't know.
 */
@Injectable()
export class PeerGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.reflector.getAllAndOverride<boolean>(UNAUTHENTICATED, [context.getHandler(), context.getClass()]))
      return true;
    const { socket } = context.switchToHttp().getRequest<OnSocket>().raw;
    if (socket instanceof TLSSocket && socket.authorized) return true;
    throw new UnauthenticatedError('a certificate of the system issuer is needed');
  }
}
