// `?baseUrl=...&id=...` shows what the client reads.
import * as client from 'outboundbot-gateway-client';

import { useClient } from '../use-client.js';

const { baseUrl, id } = Object.fromEntries(new URLSearchParams(location.search));
const shown = await useClient(client, { baseUrl }, id).catch(String);
document.querySelector('output').textContent = JSON.stringify(shown);
