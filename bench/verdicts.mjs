import { number } from './format.mjs';

const BOUNDS = {
  atLeast: { words: 'at least', isReached: (value, bound) => value >= bound },
  atMost: { words: 'at most', isReached: (value, bound) => value <= bound },
  below: { words: 'below', isReached: (value, bound) => value < bound },
};

/**
 * A line for each target whose figure was measured: its title, its bound, the figure, and whether the target was
 * reached.
 *
 * @param targets each with its `title`, its bound, how to read the figure `of` the results of a run, and its `format`
 */
export function verdicts(targets, results) {
  return targets
    .flatMap(({ title, of, format = number, ...target }) => {
      const value = of(results);
      // The value is NaN if only one side of a ratio was measured.
      if (value === undefined || Number.isNaN(value)) return [];
      const [kind, bound] = Object.entries(target)[0];
      const { words, isReached } = BOUNDS[kind];
      const verdict = isReached(value, bound) ? 'reached' : 'not reached';
      return [`- ${title}: ${words} ${format(bound)}. Measured: ${format(value)}, **${verdict}**.`];
    })
    .join('\n');
}
