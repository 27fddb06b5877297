/** A flight that callers share. */
interface Flight<T> {
  readonly result: Promise<T>;
  readonly abandoned: AbortController;
  passengers: number;
}

/** What a caller gets of a flight. */
export interface Boarding<T> {
  readonly result: Promise<T>;
  /** Whether the flight was already under way. */
  readonly collapsed: boolean;
}

/**
 * Any number of callers of one key share one flight, its failure too. A caller who leaves takes nobody along; when the
 * last one has left, the flight is told, and the next caller gets a new one.
 */
export class Singleflight<T> {
  private readonly flights = new Map<string, Flight<T>>();

  /**
   * @param start begins a flight; its signal comes when nobody waits for it any more
   * @param gone comes when this caller leaves; without it the caller never does
   */
  board(key: string, start: (abandoned: AbortSignal) => Promise<T>, gone?: AbortSignal): Boarding<T> {
    const underWay = this.flights.get(key);
    const flight = underWay ?? this.launch(key, start);
    flight.passengers += 1;
    const leave = (): void => {
      this.leave(key, flight);
    };
    if (gone?.aborted) leave();
    else gone?.addEventListener('abort', leave, { once: true });
    return { result: flight.result, collapsed: underWay !== undefined };
  }

  private launch(key: string, start: (abandoned: AbortSignal) => Promise<T>): Flight<T> {
    const abandoned = new AbortController();
    const result = start(abandoned.signal).finally(() => {
      this.land(key, flight);
    });
    const flight: Flight<T> = { result, abandoned, passengers: 0 };
    this.flights.set(key, flight);
    return flight;
  }

  private leave(key: string, flight: Flight<T>): void {
    flight.passengers -= 1;
    if (flight.passengers > 0) return;
    this.land(key, flight);
    flight.abandoned.abort();
  }

  /** A key may have a newer flight by now. */
  private land(key: string, flight: Flight<T>): void {
    if (this.flights.get(key) === flight) this.flights.delete(key);
  }
}
