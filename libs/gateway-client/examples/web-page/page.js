// A page that lists instances: search, sort, page through them, and read one.
import { createAge } from './age.js';
import { element } from './dom.js';
import { createInstanceDialog } from './instance-dialog.js';
import { createInstanceTable } from './instance-table.js';
import { explain } from './problem.js';
import { createSettings } from './settings.js';
import { readState, writeState } from './url-state.js';

/** How long the page waits for the next key before it searches, in milliseconds. */
const SEARCH_DELAY_MS = 250;

const find = (selector) => document.querySelector(selector);
const toolbar = find('#toolbar');
const status = find('#status');
const refresh = find('#refresh');
const problem = find('#problem');
const list = find('#list');
const pages = find('nav');
const age = createAge(find('#age'));

let state = readState(location.search);
/** The last page of the list that is shown. */
let lastPage = 1;
/** Cancels the previous read when a new one starts. */
let current = new AbortController();
let searching;

const settings = createSettings(find('#settings'), () => void load());
const table = createInstanceTable(find('table'), {
  onSort: (sort) => void change({ sort, page: 1 }),
  onOpen: ({ instanceId }) => {
    remember({ instance: instanceId }, 'pushState');
    dialog.open(instanceId);
  },
});
const dialog = createInstanceDialog(find('#detail'), {
  client: () => settings.client(),
  onClose: (id) => {
    if (state.instance !== undefined) remember({ instance: undefined }, 'replaceState');
    table.focus(id);
  },
});

toolbar.addEventListener('input', ({ target }) => {
  clearTimeout(searching);
  if (target.name === 'q') searching = setTimeout(search, SEARCH_DELAY_MS);
  else void change({ pageSize: Number(target.value), page: 1 });
});
toolbar.addEventListener('submit', (event) => {
  event.preventDefault();
  search();
});
refresh.addEventListener('click', () => void load({ fresh: true }));
pages.addEventListener('click', ({ target }) => {
  const page = pageOf(target.dataset.page);
  if (page !== undefined && page !== state.page) void change({ page });
});
addEventListener('popstate', () => {
  state = readState(location.search);
  void show();
});

void show();

/** Shows the state of the page's URL. */
function show() {
  toolbar.elements.q.value = state.q;
  toolbar.elements.pageSize.value = state.pageSize;
  if (state.instance === undefined) dialog.close();
  else dialog.open(state.instance);
  return load();
}

function search() {
  clearTimeout(searching);
  const q = toolbar.elements.q.value.trim();
  // Each letter would be a step back otherwise.
  if (q !== state.q) void change({ q, page: 1 }, 'replaceState');
}

/** @param method of the browser's history: `pushState` makes a step that the user can go back */
function remember(changes, method) {
  state = { ...state, ...changes };
  history[method](null, '', writeState(state));
}

function change(changes, method = 'pushState') {
  remember(changes, method);
  return load();
}

async function load({ fresh = false } = {}) {
  current.abort();
  current = new AbortController();
  const { signal } = current;
  status.textContent = 'Loading…';
  list.setAttribute('aria-busy', 'true');
  const { q, sort, page, pageSize } = state;
  try {
    const query = { q: q === '' ? undefined : q, sort, page, pageSize };
    const { data, facts } = await settings.client().listInstancesWithFacts(query, { fresh, signal });
    showPage(data, facts);
  } catch (error) {
    // A newer read has started.
    if (signal.aborted) return;
    showProblem(error);
  }
  if (!signal.aborted) list.setAttribute('aria-busy', 'false');
}

function showPage({ instances, total, page, pageSize }, facts) {
  lastPage = Math.max(1, Math.ceil(total / pageSize));
  if (page > lastPage) {
    // The list has become shorter.
    void change({ page: lastPage }, 'replaceState');
    return;
  }
  if (problem.contains(document.activeElement)) refresh.focus();
  problem.hidden = true;
  list.hidden = total === 0;
  status.textContent = summary(total, page);
  age.show(facts);
  table.show(instances, state.sort);
  find('#position').textContent = `${page} of ${lastPage}`;
  for (const button of pages.querySelectorAll('button')) {
    // Not `disabled`: a disabled button would lose the focus.
    button.setAttribute('aria-disabled', String(pageOf(button.dataset.page) === page));
  }
}

function summary(total, page) {
  if (total === 0) return state.q === '' ? 'There are no instances.' : `No instance matches “${state.q}”.`;
  return `${total} ${total === 1 ? 'instance' : 'instances'}, page ${page} of ${lastPage}.`;
}

function pageOf(name) {
  switch (name) {
    case 'first':
      return 1;
    case 'previous':
      return Math.max(1, state.page - 1);
    case 'next':
      return Math.min(lastPage, state.page + 1);
    case 'last':
      return lastPage;
    default:
      return undefined;
  }
}

function showProblem(error) {
  const retry = element('button', { type: 'button' }, 'Try again');
  retry.addEventListener('click', () => void load());
  const losesFocus = [problem, list].some((part) => part.contains(document.activeElement));
  problem.replaceChildren(...explain(error), retry);
  problem.hidden = false;
  list.hidden = true;
  if (losesFocus) retry.focus();
  status.textContent = '';
  age.show(undefined);
  if (['unauthenticated', 'network-error'].includes(error.code)) settings.open();
}
