import { type InstanceList, listInstances } from '@app/outboundbot-client';

import type { Settings } from '../settings/settings.js';
import type { Finding } from './finding.js';
import { judgePermission } from './judge-answer.js';
import { judgeDuration } from './judge-duration.js';
import { judgeShape } from './judge-shape.js';
import type { Answer } from './service-probe.js';

const STEP = 'whole list';

/**
 * Reads the list to its end, page after page, beside the time that the gateway gives to all pages together.
 *
 * @param firstMs what the first page took
 * @param readNext reads the page that follows
 * @param patienceMs how long to go on reading at least, so that the advice can name a sufficient time
 */
export async function checkWholeList(
  first: InstanceList,
  firstMs: number,
  readNext: (list: InstanceList) => Promise<Answer<InstanceList>>,
  { upstream: { deadlineMs } }: Settings,
  patienceMs: number,
): Promise<Finding> {
  const limitMs = Math.max(patienceMs, deadlineMs);
  let list = first;
  let ms = firstMs;
  while (!list.isComplete && ms < limitMs) {
    const answer = await readNext(list);
    if (answer.outcome.kind !== 'success') return failureOf(answer, list.pages + 1);
    list = answer.outcome.value;
    ms += answer.ms;
  }
  const { instances, pages, isComplete } = list;
  return judgeDuration(
    STEP,
    `${counted(instances.size, 'instance')} on ${counted(pages, 'page')} in ${Math.round(ms)} ms${isComplete ? '' : ', and there are more'}`,
    ms,
    { setting: 'UPSTREAM_DEADLINE_MS', ms: deadlineMs },
    `Raise UPSTREAM_DEADLINE_MS to ${2 * Math.round(ms)} or more, and the time-outs of your proxies with it.`,
    'Or set OUTBOUNDBOT_RESOURCE_GROUP_ID: then the gateway lists only that group.',
  );
}

function failureOf(answer: Answer<InstanceList>, page: number): Finding {
  const { outcome, description } = answer;
  const finding =
    outcome.kind === 'invalid-response' && description?.format === 'json'
      ? judgeShape(listInstances.name, answer)
      : judgePermission(listInstances, answer);
  return { ...finding, step: STEP, found: `page ${page}: ${finding.found}` };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
