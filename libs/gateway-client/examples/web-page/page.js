// A web page that reads one instance. The form has the gateway's URL, the API key and the instance's id.
import { createGatewayClient, GatewayError } from 'outboundbot-gateway-client';

const LABELS = {
  instanceId: 'Id',
  instanceName: 'Name',
  instanceDescription: 'Description',
  maxConcurrentConversation: 'Conversations at once',
  ownerName: 'Owner',
  creatorId: "Creator's id",
  creatorName: 'Creator',
  creationTime: 'Created',
  resourceGroupId: 'Resource group',
};

const form = document.querySelector('form');
const outcome = document.querySelector('#outcome');

/** One client for each gateway URL, so that its memory of instances is used again. */
const clients = new Map();

/** Cancels the previous call when a new one starts. */
let current = new AbortController();

form.addEventListener('submit', (event) => {
  event.preventDefault();
  current.abort();
  current = new AbortController();
  void read(current.signal);
});

async function read(signal) {
  const { url, id } = Object.fromEntries(new FormData(form));
  outcome.replaceChildren('Reading…');
  try {
    show(await clientFor(url).getInstance(id.trim(), { signal }));
  } catch (error) {
    // A new call has started.
    if (signal.aborted) return;
    explain(error);
  }
}

function clientFor(url) {
  if (!clients.has(url)) {
    clients.set(url, createGatewayClient({ baseUrl: url, apiKey: () => form.elements.key.value }));
  }
  return clients.get(url);
}

function show(instance) {
  const { creationTime } = instance;
  const facts = {
    ...instance,
    creationTime: creationTime === null ? null : new Date(creationTime).toISOString(),
  };
  const heading = element('h2', instance.instanceName ?? instance.instanceId);
  const rows = Object.entries(LABELS).map(([name, label]) => [label, facts[name] ?? '—']);
  outcome.replaceChildren(heading, listOf(rows));
}

function explain(error) {
  if (!(error instanceof GatewayError)) {
    outcome.replaceChildren(element('h2', 'The request failed'), element('p', error.message));
    return;
  }
  const { code, detail, status, requestId, retryAfterMs, upstream } = error;
  const rows = [
    ['Code', code],
    ['Status', status],
    ['Try again in', retryAfterMs === null ? null : `${Math.ceil(retryAfterMs / 1000)} s`],
    ['Request id', requestId],
    ['Request id of the service', upstream?.requestId],
  ];
  const known = rows.filter(([, value]) => value !== null && value !== undefined);
  outcome.replaceChildren(element('h2', titleOf(code)), element('p', detail), listOf(known));
}

function titleOf(code) {
  switch (code) {
    case 'instance-not-found':
      return 'There is no such instance';
    case 'unauthenticated':
      return 'The key is missing or wrong';
    case 'forbidden':
      return 'This key may not read this instance';
    case 'too-many-requests':
      return 'Too many requests';
    case 'network-error':
      return 'The gateway cannot be reached, or its CORS settings do not allow this page';
    default:
      return 'The instance could not be read';
  }
}

function listOf(rows) {
  const list = document.createElement('dl');
  list.append(...rows.flatMap(([term, value]) => [element('dt', term), element('dd', String(value))]));
  return list;
}

/** Sets text, never HTML, because the values are not trusted. */
function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
