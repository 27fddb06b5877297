/** A running call. */
interface Flight {
  readonly result: Promise<unknown>;
}

/** What a caller that joins a flight gets. */
export interface Joined<F extends Flight> {
  readonly flight: F;
  /** Whether the flight was already running. */
  readonly collapsed: boolean;
}

/** Runs one call for a key at a time: all callers that ask meanwhile get the same flight, and so its result or its error. */
export class Singleflight<F extends Flight> {
  private readonly flights = new Map<string, F>();

  /** @param launch begins the call if none is running */
  join(key: string, launch: () => F): Joined<F> {
    const running = this.flights.get(key);
    if (running) return { flight: running, collapsed: true };
    const flight = launch();
    this.flights.set(key, flight);
    const forget = (): void => {
      this.flights.delete(key);
    };
    // The first callback of the result: when a caller gets the result, the key is free for the next flight.
    flight.result.then(forget, forget);
    return { flight, collapsed: false };
  }
}
