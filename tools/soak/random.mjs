/** Random numbers that are the same for the same seed (mulberry32). */
export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** A number from 0 (inclusive) to 1 (exclusive). */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  between(low, high) {
    return low + this.next() * (high - low);
  }

  below(limit) {
    return Math.floor(this.next() * limit);
  }

  oneOf(list) {
    return list[this.below(list.length)];
  }

  /** A random entry. The `weight` of an entry says how often it is drawn. */
  weighted(entries) {
    let left = this.next() * entries.reduce((sum, { weight }) => sum + weight, 0);
    return entries.find(({ weight }) => (left -= weight) < 0) ?? entries.at(-1);
  }

  /** A generator for one part of the test. Draws in other parts do not change its numbers. */
  fork() {
    return new Random(this.below(2 ** 32));
  }
}
