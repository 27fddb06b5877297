/** What to do about an answer that is over a limit of the gateway's own: its reason names the setting. */
export function limitAdvice(reason: string): string | undefined {
  const [setting] = /\b(LIST_MAX_INSTANCES|UPSTREAM_MAX_RESPONSE_BYTES)\b/.exec(reason) ?? [];
  return setting === undefined ? undefined : `Raise ${setting}.`;
}
