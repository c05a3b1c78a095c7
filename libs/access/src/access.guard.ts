import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type Permission, permissions } from '@cartulary/contracts';
import { PERMISSION, setCaller, UNAUTHENTICATED } from '@cartulary/runtime';
import type { FastifyRequest } from 'fastify';
import { Authenticator } from './authenticator.js';
import { type Caller, demand } from './caller.js';
import { ForbiddenError } from './errors.js';

export type AuthenticatedRequest = FastifyRequest & { caller?: Caller };

/** Every route says which permission it needs, or that it needs none; one that says nothing is closed. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>(UNAUTHENTICATED, targets)) return true;
    const permission = this.reflector.getAllAndOverride<string | undefined>(PERMISSION, targets);
    if (!isPermission(permission)) throw new ForbiddenError('this route states no permission');
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const { authorization } = request.headers;
    const caller = await this.authenticator.authenticate({ socket: request.raw.socket, authorization });
    setCaller(caller.actor.id);
    demand(caller, permission);
    request.caller = caller;
    return true;
  }
}

const isPermission = (text: string | undefined): text is Permission =>
  (permissions as readonly string[]).includes(text ?? '');
