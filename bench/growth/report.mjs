import { lineChart } from '../chart.mjs';
import { number } from '../format.mjs';
import { table, writeBlock, writeChart } from '../page.mjs';
import { verdicts } from '../verdicts.mjs';
import { EXPERIMENTS } from './experiments.mjs';
import { TARGETS } from './targets.mjs';

/** Writes the charts, and writes the figures into docs/benchmarks.md. */
export async function writeReport(results, machine) {
  await writeBlock('growth', figures(results, machine, drawChart));
}

/**
 * The figures of all experiments that ran, as parts of a Markdown page.
 *
 * @param results the `rows` of each experiment, and the `steps` that it should have
 * @param draw makes the parts that follow the table of an experiment
 */
export function figures(results, machine, draw = () => []) {
  const parts = EXPERIMENTS.filter(({ name }) => name in results).flatMap((experiment) => {
    const { rows, steps } = results[experiment.name];
    const note = experiment.note?.(rows, steps);
    return [
      `### ${experiment.title}`,
      tableOf(experiment.columns, rows),
      ...(note === undefined ? [] : [note]),
      ...draw(experiment, rows),
    ];
  });
  return [machine, verdicts(TARGETS, results), ...parts];
}

function tableOf(columns, rows) {
  const heads = columns.map(([head]) => head);
  return table(
    heads,
    rows.map((row) => columns.map(([, key, format = number]) => format(row[key]))),
  );
}

function drawChart({ name, chart }, rows) {
  const { title, x, y } = chart;
  const lines = Object.entries(chart.lines).map(([key, label]) => ({
    label,
    points: rows.map((row) => [row.step, row[key]]),
  }));
  return [writeChart(name, title, lineChart({ title, x, y, lines }))];
}
