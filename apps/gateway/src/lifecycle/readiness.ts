import { Injectable } from '@nestjs/common';

/** Whether the gateway should get traffic: from the end of its start-up until its shutdown begins. */
@Injectable()
export class Readiness {
  private phase: 'starting' | 'ready' | 'stopping' = 'starting';

  get status(): 'starting' | 'ready' | 'stopping' {
    return this.phase;
  }

  started(): void {
    if (this.phase === 'starting') this.phase = 'ready';
  }

  stopping(): void {
    this.phase = 'stopping';
  }
}
