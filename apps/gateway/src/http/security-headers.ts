import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

import helmet from 'helmet';

import { PAGE_STYLE_HASH } from '../problems/problem-page.js';
import type { Hooks } from './hooks.js';

/**
 * What helmet says for every answer alike. It is asked once, as it would put the same together for each.
 *
 * The policy is as tight as Swagger UI allows: scripts and styles from here only, nothing inline but the style of the
 * problem pages.
 */
export const SECURITY_HEADERS = headersOf(
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", PAGE_STYLE_HASH],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    frameguard: { action: 'deny' },
    // Whoever terminates TLS in front of the gateway decides on this one.
    strictTransportSecurity: false,
    // For Flash, Internet Explorer and a filter that browsers no longer have: bytes of every answer for nobody.
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
    // The policy lets no page of ours link elsewhere in the first place.
    xDnsPrefetchControl: false,
  }),
);

export const setSecurityHeaders: Hooks = {
  onArrival: (_request, reply) => {
    reply.headers(SECURITY_HEADERS);
  },
};

/** The headers that a middleware sets on an answer to nothing in particular. */
function headersOf(middleware: ReturnType<typeof helmet>): Record<string, string> {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  middleware(request, response, (error) => {
    if (error !== undefined) throw error as Error;
  });
  return response.getHeaders() as Record<string, string>;
}
