/**
 * The page of Swagger UI. Nest's own page has inline styles, which the Content-Security-Policy forbids. Addresses are
 * relative, so that the page works behind a path prefix too.
 */
export const SWAGGER_UI_PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>OutboundBot gateway: API documentation</title>
    <link rel="icon" type="image/png" href="docs/favicon-32x32.png">
    <link rel="stylesheet" href="docs/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script src="docs/start.js"></script>
  </body>
</html>
`;

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
});
`;
