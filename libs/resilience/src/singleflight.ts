/** A running call and the number of callers that wait for it. */
interface Flight<T> {
  readonly result: Promise<T>;
  waiters: number;
}

/** What a caller that joins a flight gets. */
export interface Joined<T> {
  readonly result: Promise<T>;
  /** Whether the flight was already running. */
  readonly collapsed: boolean;
}

/**
 * Runs one call for a key at a time, and gives its result, or its error, to all callers that ask meanwhile.
 *
 * One caller leaving does not cancel the flight. When all callers have left, the flight should start no further work,
 * unless another caller joins before the flight ends.
 */
export class Singleflight<T> {
  private readonly flights = new Map<string, Flight<T>>();

  /**
   * @param start begins the call; `isWanted` tells it whether a caller still waits
   * @param onCallerGone registers a callback for when this caller leaves; without it the caller stays to the end
   */
  join(
    key: string,
    start: (isWanted: () => boolean) => Promise<T>,
    onCallerGone?: (leave: () => void) => void,
  ): Joined<T> {
    const running = this.flights.get(key);
    const flight = running ?? this.launch(key, start);
    if (running) flight.waiters += 1;
    onCallerGone?.(() => {
      flight.waiters -= 1;
    });
    return { result: flight.result, collapsed: running !== undefined };
  }

  private launch(key: string, start: (isWanted: () => boolean) => Promise<T>): Flight<T> {
    const run = async (): Promise<T> => {
      try {
        return await start(() => flight.waiters > 0);
      } finally {
        this.flights.delete(key);
      }
    };
    const flight = { waiters: 1 } as { result: Promise<T>; waiters: number };
    this.flights.set(key, flight);
    flight.result = run();
    return flight;
  }
}
