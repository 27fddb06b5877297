import { element, tagList, time } from './dom.js';

/**
 * The table of instances.
 *
 * @param onSort called with the next sort when the user presses a column's button
 * @param onOpen called with the instance that the user chooses
 */
export function createInstanceTable(table, { onSort, onOpen }) {
  const body = table.querySelector('tbody');
  const headers = [...table.querySelectorAll('th[data-sort]')];
  let current;

  for (const header of headers) {
    header.querySelector('button').addEventListener('click', () => {
      onSort(nextSort(header.dataset.sort, current));
    });
  }

  return {
    show(instances, sort) {
      current = sort;
      for (const header of headers) header.setAttribute('aria-sort', ariaSort(header.dataset.sort, sort));
      const focused = body.contains(document.activeElement) ? document.activeElement.dataset.id : undefined;
      body.replaceChildren(...instances.map((instance) => rowOf(instance, onOpen)));
      // New rows take the focus over from the old ones, for example after a refresh.
      if (focused !== undefined) this.focus(focused);
    },
    focus(id) {
      body.querySelector(`button[data-id="${CSS.escape(id)}"]`)?.focus();
    },
  };
}

/** Ascending, then descending, then the order of the service. */
function nextSort(column, sort) {
  if (sort === column) return `-${column}`;
  return sort === `-${column}` ? undefined : column;
}

function ariaSort(column, sort) {
  if (sort === column) return 'ascending';
  return sort === `-${column}` ? 'descending' : 'none';
}

function rowOf(instance, onOpen) {
  const { instanceId, instanceName, instanceDescription, isPreset } = instance;
  const open = element(
    'button',
    { type: 'button', class: 'link', 'data-id': instanceId },
    instanceName || instanceId,
  );
  open.addEventListener('click', () => {
    onOpen(instance);
  });
  const name = element('th', { scope: 'row' }, open);
  if (isPreset) name.append(' ', element('span', { class: 'preset' }, 'preset'));
  if (instanceDescription) name.append(element('span', { class: 'description' }, instanceDescription));
  return element(
    'tr',
    {},
    name,
    element('td', {}, tagList(instance.tags)),
    element('td', { class: 'wide' }, instance.ownerName ?? '—'),
    element('td', { class: 'wide' }, instance.resourceGroupId ?? '—'),
    element('td', { class: 'wide number' }, String(instance.maxConcurrentConversation ?? '—')),
    element('td', {}, time(instance.creationTime)),
  );
}
