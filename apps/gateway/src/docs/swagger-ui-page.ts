/** The names of the files that the page loads. */
export interface PageFiles {
  readonly icon: string;
  readonly style: string;
  readonly ownStyle: string;
  readonly bundle: string;
  readonly start: string;
}

/**
 * The page of Swagger UI. Nest's own page has inline styles, which the Content-Security-Policy forbids. Addresses are
 * relative, so that the page works behind a path prefix too.
 */
export function swaggerUiPage({ icon, style, ownStyle, bundle, start }: PageFiles): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>OutboundBot gateway: API documentation</title>
    <link rel="icon" type="image/png" href="docs/${icon}">
    <link rel="stylesheet" href="docs/${style}">
    <link rel="stylesheet" href="docs/${ownStyle}">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="docs/${bundle}"></script>
    <script src="docs/${start}"></script>
  </body>
</html>
`;
}
