import { INSTANCE_ID, invalidParameters, pageOf } from './fake-list.js';
import { type InstanceMembers, listedInstance } from './listed-instance.js';
import { problemResponse } from './problem.js';

export interface FakeGatewayOptions {
  /** What the gateway has. The list is read anew for each request, so a test may change it. */
  readonly instances: readonly InstanceMembers[];
}

/**
 * Makes a function that answers requests as a gateway that has these instances and no cache, limit or access control. It can
 * be the `fetch` of a client.
 */
export function fakeGateway({ instances }: FakeGatewayOptions): (request: Request) => Promise<Response> {
  let requests = 0;
  return (request) => {
    requests += 1;
    const given = request.headers.get('X-Request-Id') ?? '';
    const requestId = /^[A-Za-z0-9._-]{1,128}$/.test(given) ? given : `test-request-${requests}`;
    return Promise.resolve(answer(request, requestId, instances));
  };
}

function answer(request: Request, requestId: string, all: readonly InstanceMembers[]): Response {
  const { pathname, searchParams } = new URL(request.url);
  // The part before is the path of the base URL.
  const route = /\/instances(?:\/([^/]+))?$/.exec(pathname);
  if (route === null) return problemResponse('route-not-found', { instance: pathname, requestId });
  const [instance, id] = route;
  const facts = { instance, requestId };
  if (id === undefined) {
    const detail = invalidParameters(searchParams);
    if (detail !== undefined) return problemResponse('invalid-request', { ...facts, detail });
    return success(request, requestId, pageOf(all.map(listedInstance), searchParams));
  }

  if (!INSTANCE_ID.test(id)) {
    const detail = 'The instance id must have 1 to 64 characters: letters, digits, "-" and "_".';
    return problemResponse('invalid-request', { ...facts, detail });
  }
  const found = all.find(({ instanceId }) => instanceId === id);
  if (found === undefined) {
    const detail = 'The OutboundBot service says that no instance has this id.';
    const upstream = { code: 'NotExist.Instance', requestId: 'test-upstream-request', attempts: 1 };
    return problemResponse('instance-not-found', { ...facts, detail, upstream });
  }
  const members = Object.entries(listedInstance(found));
  const nine = members.filter(([name]) => name !== 'tags' && name !== 'isPreset');
  return success(request, requestId, Object.fromEntries(nine));
}

function success(request: Request, requestId: string, value: object): Response {
  const body = JSON.stringify(value);
  const etag = `"${hashOf(body)}"`;
  const headers = {
    'Cache-Control': 'public, max-age=5, stale-while-revalidate=30, stale-if-error=300',
    'Cache-Status': 'outboundbot-gateway; fwd=miss',
    ETag: etag,
    'X-Request-Id': requestId,
  };
  if (isKnown(request.headers.get('If-None-Match'), etag))
    return new Response(null, { status: 304, headers });
  return new Response(body, { headers: { ...headers, 'Content-Type': 'application/json; charset=utf-8' } });
}

/** Whether `If-None-Match` is `*` or lists the tag, perhaps weak, or with a content coding that a proxy has put at its end. */
function isKnown(header: string | null, etag: string): boolean {
  const tags = header?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.some((tag) => tag === '*' || tag.replace(/-(?:br|gzip)"$/, '"') === etag);
}

/** FNV-1a, which is short. It need not be safe against attacks. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
