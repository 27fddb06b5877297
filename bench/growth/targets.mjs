const at = (experiment, step) => experiment?.rows.find((row) => row.step === step);

/** The targets of growth: see ../verdicts.mjs. */
export const TARGETS = [
  {
    title: '1,000,000 ids in memory: RSS in MiB',
    below: 1536,
    of: ({ entries }) => at(entries, 1_000_000)?.rssMiB,
  },
  {
    title: 'p99 of hits at 1,000,000 ids, to that at 1,000',
    atMost: 2,
    of: ({ entries }) => at(entries, 1_000_000)?.p99 / at(entries, 1000)?.p99,
  },
  {
    title: 'p99 of hits at half of the capacity, in ms',
    below: 5,
    of: ({ rates }) => at(rates, 50)?.p99,
  },
];
