// Starts Swagger UI. This is a file of its own, because the Content-Security-Policy allows no inline script.

/** The gateway of the code samples in openapi.json. */
const SAMPLE_GATEWAY = 'http://127.0.0.1:3000';

/** How the code samples in openapi.json send their API key, and how they would send an access token. */
const SAMPLE_CREDENTIALS = [
  [` --header 'X-API-Key: obg_...'`, ` --header 'Authorization: Bearer eyJ...'`],
  [
    `, {\n  headers: { 'X-API-Key': 'obg_...' },\n}`,
    `, {\n  headers: { Authorization: 'Bearer eyJ...' },\n}`,
  ],
  [`, apiKey: 'obg_...'`, `, accessToken: 'eyJ...'`],
];

/** The code sample with the kind of credential that the gateway accepts. */
const withCredential = (source, schemes) => {
  if ('apiKey' in schemes) return source;
  return SAMPLE_CREDENTIALS.reduce(
    (text, [key, token]) => text.replace(key, 'accessToken' in schemes ? token : ''),
    source,
  );
};

/** Shows the `x-codeSamples` of an operation before its responses. They call the gateway that serves this page. */
const codeSamples = ({ React, getComponent, specSelectors }) => {
  const create = React.createElement;
  const thisGateway = new URL('.', location.href).href.replace(/\/$/, '');
  const schemes = () => specSelectors.specJson().getIn(['components', 'securitySchemes'])?.toJS() ?? {};
  const sampleOf = ({ label, lang, source }) =>
    create(
      'details',
      { key: label, className: 'code-sample' },
      create('summary', null, label),
      create(getComponent('HighlightCode', true), {
        language: lang === 'Shell' ? 'bash' : 'javascript',
        canCopy: true,
        children: withCredential(source, schemes()).replaceAll(SAMPLE_GATEWAY, thisGateway),
      }),
    );
  const section = ({ path, method }) => {
    const samples = specSelectors.specJson().getIn(['paths', path, method, 'x-codeSamples']);
    if (!samples) return null;
    return create(
      'div',
      { className: 'code-samples' },
      create('div', { className: 'opblock-section-header' }, create('h4', null, 'Code samples')),
      samples.toJS().map(sampleOf),
    );
  };
  return {
    wrapComponents: {
      responses: (Responses) => (props) =>
        create(React.Fragment, null, section(props), create(Responses, props)),
    },
  };
};

/** Swagger UI has dark colours, but turns them on only in its own frame, which this page does not have. */
const dark = matchMedia('(prefers-color-scheme: dark)');
const followColorScheme = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', followColorScheme);
followColorScheme();

window.ui = SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  // The default theme has too little contrast.
  syntaxHighlight: { theme: 'tomorrow-night' },
  plugins: [codeSamples],
  // Chooses the server at which this page was opened: the page may call no other.
  onComplete: () => {
    const here = new URL('.', location.href).href;
    const servers = window.ui.specSelectors.servers().toJS();
    const server = servers.find(({ url }) => new URL(`${url}/`, location.href).href === here);
    if (server) window.ui.oas3Actions.setSelectedServer(server.url);
  },
});
