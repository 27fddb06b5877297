import type { OpenAPIObject } from '@nestjs/swagger';

import type { Settings } from '../settings/settings.js';

/**
 * The OpenAPI document of this gateway: the committed one, but with the address and the kinds of credential that its operators
 * have chosen.
 *
 * @param committed the text of `openapi.json`
 */
export function servedDocument(committed: string, settings: Settings): OpenAPIObject {
  const document = JSON.parse(committed) as OpenAPIObject;
  withPublicUrl(document, settings.server.publicUrl);
  withCredentials(document, settings.access);
  return document;
}

/**
 * The relative server stays: Swagger UI may be open at another address, for example that of a port-forward, and its
 * Content-Security-Policy allows no requests to another origin.
 */
function withPublicUrl(document: OpenAPIObject, publicUrl: string | undefined): void {
  if (publicUrl === undefined) return;
  const [{ url, description = '' } = { url: '.' }] = document.servers ?? [];
  document.servers = [
    { url: publicUrl.replace(/\/$/, ''), description },
    { url, description: `${description}, at the address of this document` },
  ];
}

/** Keeps the kinds of credential that the gateway accepts. If it accepts some, no request may do without. */
function withCredentials(document: OpenAPIObject, access: Settings['access']): void {
  const isAccepted: Readonly<Record<string, boolean>> = {
    apiKey: access.apiKeysFile !== undefined,
    accessToken: access.tokens !== undefined,
  };
  const components = document.components ?? {};
  const schemes = Object.entries(components.securitySchemes ?? {}).filter(([name]) => isAccepted[name]);
  if (schemes.length > 0) components.securitySchemes = Object.fromEntries(schemes);
  else delete components.securitySchemes;
  for (const operation of Object.values(document.paths).flatMap(({ get, head }) => [get, head])) {
    if (operation?.security)
      operation.security = operation.security.filter((entry) =>
        Object.keys(entry).some((name) => isAccepted[name]),
      );
  }
}
