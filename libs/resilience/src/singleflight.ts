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
  /**
   * Each flight in a place that is emptied when it ends. V8 replaces the table of a map after some deletions, and the tables of
   * before keep what they held until the whole heap is collected: with the flights themselves, requests lived that long.
   */
  private readonly places = new Map<string, { flight: F | undefined }>();

  /** @param launch begins the call if none is running */
  join(key: string, launch: () => F): Joined<F> {
    const running = this.places.get(key)?.flight;
    if (running) return { flight: running, collapsed: true };
    const flight = launch();
    const place: { flight: F | undefined } = { flight };
    this.places.set(key, place);
    const forget = (): void => {
      place.flight = undefined;
      this.places.delete(key);
    };
    // The first callback of the result: when a caller gets the result, the key is free for the next flight.
    flight.result.then(forget, forget);
    return { flight, collapsed: false };
  }
}
