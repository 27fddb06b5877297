/** A flight that callers share. */
interface Flight<T> {
  readonly result: Promise<T>;
  passengers: number;
}

/** What a caller gets of a flight. */
export interface Boarding<T> {
  readonly result: Promise<T>;
  /** Whether the flight was already under way. */
  readonly collapsed: boolean;
}

/**
 * Any number of callers of one key share one flight, its failure too. A caller who leaves takes nobody along. When the
 * last one has left, nobody wants the flight any more, and it should do no more than it has begun; whoever comes before
 * it has landed boards it all the same, and it is wanted again.
 */
export class Singleflight<T> {
  private readonly flights = new Map<string, Flight<T>>();

  /**
   * @param start begins a flight; it can ask whether anybody still waits for it
   * @param whenGone has `leave` called when this caller leaves; without it the caller never does
   */
  board(
    key: string,
    start: (isWanted: () => boolean) => Promise<T>,
    whenGone?: (leave: () => void) => void,
  ): Boarding<T> {
    const underWay = this.flights.get(key);
    const flight = underWay ?? this.launch(key, start);
    if (underWay) flight.passengers += 1;
    whenGone?.(() => {
      flight.passengers -= 1;
    });
    return { result: flight.result, collapsed: underWay !== undefined };
  }

  /** Begins a flight with one passenger aboard. */
  private launch(key: string, start: (isWanted: () => boolean) => Promise<T>): Flight<T> {
    const run = async (): Promise<T> => {
      try {
        return await start(() => flight.passengers > 0);
      } finally {
        this.flights.delete(key);
      }
    };
    const flight = { passengers: 1 } as { result: Promise<T>; passengers: number };
    this.flights.set(key, flight);
    flight.result = run();
    return flight;
  }
}
