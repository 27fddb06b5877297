import { createGatewayClient } from 'outboundbot-gateway-client';

const STORED = 'gateway-url';

/**
 * The form with the gateway's URL and the API key. Only the URL is stored: other scripts of this origin could read a stored
 * key.
 *
 * @param onApply called when the user applies new settings
 */
export function createSettings(details, onApply) {
  const form = details.querySelector('form');
  const { url, key } = form.elements;
  url.value = localStorage.getItem(STORED) ?? 'http://127.0.0.1:3000';

  /** The settings that the user has applied. The text in the form may be unfinished. */
  let applied = { url: url.value, key: '' };
  let client;

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    applied = { url: url.value, key: key.value };
    client = undefined;
    localStorage.setItem(STORED, url.value);
    details.open = false;
    details.querySelector('summary').focus();
    onApply();
  });

  return {
    /** One client for all reads, so that its memory of answers is used again. */
    client() {
      const { url: baseUrl, key: apiKey } = applied;
      client ??= createGatewayClient({ baseUrl, apiKey });
      return client;
    },
    open() {
      details.open = true;
    },
  };
}
