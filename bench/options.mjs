import { parseArgs } from 'node:util';

/**
 * The options of the command line; ends the process if `--only` names something unknown.
 *
 * @param kind what the names are names of, for the message
 * @param names the possible values of `--only`
 */
export function readOptions(kind, names) {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean' }, only: { type: 'string', multiple: true } },
  });
  const unknown = values.only?.filter((name) => !names.includes(name)) ?? [];
  if (unknown.length > 0) {
    console.error(`There is no ${kind} ${unknown.join(', ')}. Use one of ${names.join(', ')}.`);
    process.exit(1);
  }
  return {
    isQuick: values.quick === true,
    isChosen: ({ name }) => values.only?.includes(name) ?? true,
    /** Only a full run of everything writes into the documentation. */
    isWritten: !values.quick && !values.only,
  };
}
