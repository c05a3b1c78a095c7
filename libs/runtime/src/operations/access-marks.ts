import { SetMetadata } from '@nestjs/common';

// Metadata only: who may pass is decided by the guard of libs/access, which reads it.
export const UNAUTHENTICATED = 'cartulary:unauthenticated';
export const PERMISSION = 'cartulary:permission';

/** Open to everybody who can reach the listener. */
export const Unauthenticated = (): MethodDecorator & ClassDecorator => SetMetadata(UNAUTHENTICATED, true);

/** Open to callers with this permission, such as `metrics:read`. */
export const Permission = (permission: string): MethodDecorator & ClassDecorator => SetMetadata(PERMISSION, permission);
