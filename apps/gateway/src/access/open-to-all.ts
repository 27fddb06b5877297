import { SetMetadata } from '@nestjs/common';

export const OPEN_TO_ALL = 'open-to-all';

/** Routes that show nothing of an instance: whoever can reach the gateway may use them, and as often as they like. */
export const OpenToAll = (): ClassDecorator => SetMetadata(OPEN_TO_ALL, true);
