// How a web page reads an instance: the form says from where, with which key, and which one.
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

/** One client for each gateway, as each remembers what it has read; the key may change. */
const clients = new Map();

/** Ends the reading that another one takes the place of. */
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
    show(await clientOf(url).getInstance(id.trim(), { signal }));
  } catch (error) {
    // Another reading has begun.
    if (signal.aborted) return;
    explain(error);
  }
}

function clientOf(url) {
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
    outcome.replaceChildren(element('h2', 'That did not work'), element('p', error.message));
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
      return 'The gateway cannot be reached, or does not let this page read its answers';
    default:
      return 'The instance could not be read';
  }
}

function listOf(rows) {
  const list = document.createElement('dl');
  list.append(...rows.flatMap(([term, value]) => [element('dt', term), element('dd', String(value))]));
  return list;
}

/** As text, never as HTML: names come from elsewhere. */
function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
