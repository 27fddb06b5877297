import { Caller, Callers } from '../callers.js';
import type { Clock } from '../clock.js';
import { Deadline } from '../deadline.js';

/** The callers of a call that one caller makes, and a function with which it leaves. */
export function oneCaller(
  flow: string,
  clock: Clock,
  deadlineMs = 5000,
): { callers: Callers; leave: () => void } {
  const caller = new Caller(flow, Deadline.after(deadlineMs, clock));
  const callers = new Callers(caller);
  return {
    callers,
    leave: () => {
      callers.leave(caller);
    },
  };
}
