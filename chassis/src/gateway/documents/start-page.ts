/** A page that says where the interface is described, for people who come to its address. */
export const startPage = ({ title, prefix }: { title: string; prefix: string }): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${escaped(title)}</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="${prefix}/docs/page.css" />
  </head>
  <body>
    <main>
      <h1>${escaped(title)}</h1>
      <p>This is where the interface begins: every call is below <code>${prefix}/</code>.</p>
      <ul>
        <li><a href="${prefix}/docs">Read every call, and try it</a></li>
        <li><a href="${prefix}/openapi.json">OpenAPI</a>: the calls, for machines</li>
        <li><a href="${prefix}/asyncapi.json">AsyncAPI</a>: the events</li>
        <li><a href="${prefix}/health">How all services are</a></li>
      </ul>
    </main>
  </body>
</html>
`;

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
