/** What the doctor said about one step. */
interface Finding {
  readonly status: string;
  readonly found: string;
  readonly advice: string;
}

/** Reads the findings of the doctor's output, by their steps. */
export function findingsIn(output: string): Record<string, Finding> {
  const findings: Record<string, Finding> = {};
  const blocks = output.split(/^(?=(?:ok|warn|fail|skip) )/m);
  for (const block of blocks) {
    const [line = '', ...advice] = block.split('\n');
    const [, status = '', step = '', found = ''] =
      /^(ok|warn|fail|skip) +(\S+(?: \S+)*) {2,}(.*)$/.exec(line) ?? [];
    if (status === '') continue;
    findings[step] = {
      status,
      found,
      advice: advice
        .filter((each) => each.includes('->'))
        .map((each) => each.trim())
        .join('\n'),
    };
  }
  return findings;
}
