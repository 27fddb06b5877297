/** The names of the files that the page loads. */
export interface PageFiles {
  readonly icon: string;
  readonly style: string;
  readonly bundle: string;
  readonly start: string;
}

/**
 * The page of Swagger UI. Nest's own page has inline styles, which the Content-Security-Policy forbids. Addresses are
 * relative, so that the page works behind a path prefix too.
 */
export function swaggerUiPage({ icon, style, bundle, start }: PageFiles): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>OutboundBot gateway: API documentation</title>
    <link rel="icon" type="image/png" href="docs/${icon}">
    <link rel="stylesheet" href="docs/${style}">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="docs/${bundle}"></script>
    <script src="docs/${start}"></script>
  </body>
</html>
`;
}

/**
 * The script that starts Swagger UI. It is a file of its own, because the Content-Security-Policy allows no inline
 * script.
 */
export const SWAGGER_UI_START = `window.ui = SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  // Chooses the server at which this page was opened: the page may call no other.
  onComplete: () => {
    const here = new URL('.', location.href).href;
    const servers = window.ui.specSelectors.servers().toJS();
    const server = servers.find(({ url }) => new URL(url + '/', location.href).href === here);
    if (server) window.ui.oas3Actions.setSelectedServer(server.url);
  },
});
`;
