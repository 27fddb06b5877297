import { createAge } from './age.js';
import { definitions, element, time } from './dom.js';
import { explain } from './problem.js';

/**
 * The dialog that shows one instance.
 *
 * @param client returns the client of the gateway
 * @param onClose called with the id of the instance that was shown
 */
export function createInstanceDialog(dialog, { client, onClose }) {
  const title = dialog.querySelector('h2');
  const content = dialog.querySelector('[data-part=content]');
  const age = createAge(dialog.querySelector('[data-part=age]'));
  let id;
  let current = new AbortController();

  dialog.querySelector('[data-action=close]').addEventListener('click', () => {
    dialog.close();
  });
  dialog.querySelector('[data-action=refresh]').addEventListener('click', () => {
    void read({ fresh: true });
  });
  // Fires for the button, for the Escape key and for `close()`.
  dialog.addEventListener('close', () => {
    current.abort();
    onClose(id);
  });

  async function read({ fresh = false } = {}) {
    current.abort();
    current = new AbortController();
    const { signal } = current;
    content.setAttribute('aria-busy', 'true');
    try {
      const { data, facts } = await client().getInstanceWithFacts(id, { fresh, signal });
      title.textContent = data.instanceName || data.instanceId;
      content.replaceChildren(definitions([...rowsOf(data), ['Request id', facts.requestId]]));
      age.show(facts);
    } catch (error) {
      // The dialog was closed, or a newer read has started.
      if (signal.aborted) return;
      content.replaceChildren(...explain(error));
      age.show(undefined);
    }
    content.setAttribute('aria-busy', 'false');
  }

  return {
    open(instanceId) {
      if (dialog.open && id === instanceId) return;
      id = instanceId;
      title.textContent = instanceId;
      content.replaceChildren(element('p', {}, 'Loading…'));
      age.show(undefined);
      if (!dialog.open) dialog.showModal();
      void read();
    },
    close() {
      if (dialog.open) dialog.close();
    },
  };
}

function rowsOf(instance) {
  return [
    ['Id', instance.instanceId],
    ['Description', instance.instanceDescription ?? '—'],
    ['Conversations at once', instance.maxConcurrentConversation ?? '—'],
    ['Owner', instance.ownerName ?? '—'],
    ['Creator', instance.creatorName ?? '—'],
    ["Creator's id", instance.creatorId ?? '—'],
    ['Created', time(instance.creationTime, { dateStyle: 'long', timeStyle: 'long' })],
    ['Resource group', instance.resourceGroupId ?? '—'],
  ];
}
