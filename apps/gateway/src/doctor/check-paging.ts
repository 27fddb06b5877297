import { type InstanceList, LIST_PAGE_SIZE } from '@app/outboundbot-client';

import { fail, type Finding, ok, skip, warn } from './finding.js';
import type { Answer, ServiceProbe } from './service-probe.js';

/** What `PageNumber` and `PageSize` of a call change, and which members of an answer describe the page. */
export interface PagingHabits {
  /** The members that are missing. */
  readonly omitted: readonly string[];
  /** The largest page; undefined if pages are as large as asked for, as far as could be seen. */
  readonly maxPageSize?: number;
  readonly ignoresPageSize: boolean;
  readonly ignoresPageNumber: boolean;
}

const MEMBERS = ['TotalCount', 'PageNumber', 'PageSize'];

/** Tries pages of one instance, and looks at the first page that the gateway reads. */
export async function checkPaging(
  probe: ServiceProbe,
  firstPage: Answer<InstanceList>,
): Promise<{ finding: Finding; habits?: PagingHabits }> {
  const { outcome, description } = firstPage;
  if (outcome.kind !== 'success') return { finding: skip('paging', 'there is no list') };
  const members = description?.shape?.members ?? {};
  const omitted = MEMBERS.filter((name) => !members[name] || members[name].types.null !== undefined);
  const size = outcome.value.instances.size;
  if (size < 2) {
    return {
      finding: skip('paging', `cannot be told from ${size} ${size === 1 ? 'instance' : 'instances'}`),
    };
  }
  const one = await probe.listPage(1, 1);
  const two = await probe.listPage(2, 1);
  if (one.outcome.kind !== 'success' || two.outcome.kind !== 'success') {
    return {
      finding: fail(
        'paging',
        'the service gave the first page, but no page of one instance',
        'Try again: the service may be unstable.',
      ),
    };
  }
  const first = [...one.outcome.value.instances.keys()];
  const second = [...two.outcome.value.instances.keys()];
  const isCut = size < LIST_PAGE_SIZE && !outcome.value.isComplete;
  const habits: PagingHabits = {
    omitted,
    ...(isCut && { maxPageSize: size }),
    ignoresPageSize: first.length > 1,
    ignoresPageNumber: first.length > 0 && first.join() === second.join(),
  };
  return { finding: judge(habits, outcome.value), habits };
}

function judge(habits: PagingHabits, list: InstanceList): Finding {
  const { omitted, maxPageSize, ignoresPageSize, ignoresPageNumber } = habits;
  const oddities = [
    ...(ignoresPageSize ? ['PageSize is ignored'] : []),
    ...(ignoresPageNumber ? ['PageNumber is ignored'] : []),
    ...(maxPageSize === undefined ? [] : [`a page has ${maxPageSize} instances at most`]),
    ...(omitted.length === 0 ? [] : [`missing: ${omitted.join(', ')}`]),
  ];
  if (oddities.length === 0) return ok('paging', 'PageNumber and PageSize work, TotalCount tells the end');
  const found = oddities.join('; ');
  // The gateway can read this list, but only as far as the first page goes.
  if (ignoresPageNumber && !list.isComplete) {
    return fail(
      'paging',
      found,
      'The gateway can list only the instances of the first page: set OUTBOUNDBOT_RESOURCE_GROUP_ID to a smaller group.',
    );
  }
  return warn('paging', found, 'The gateway reads the list all the same, one page after another.');
}
