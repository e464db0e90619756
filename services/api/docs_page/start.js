// Shows the document, with calls to the very API that served this page: emulators and proxies can stand elsewhere than the
// document's own server says. The token that somebody authorizes with stays in the page's memory.
const api = new URL(".", document.baseURI);

fetch(new URL("openapi.json", api))
  .then((answer) => answer.json())
  .then((spec) => {
    SwaggerUIBundle({
      spec: { ...spec, servers: [{ url: api.href.replace(/\/$/, "") }] },
      domNode: document.getElementById("document"),
      deepLinking: true,
      displayRequestDuration: true,
      filter: true,
      persistAuthorization: false,
      tryItOutEnabled: true,
      validatorUrl: null,
    });
  });
