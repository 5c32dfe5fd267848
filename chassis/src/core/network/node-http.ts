/**
 * Node.js' own HTTP module. An `import` of it reads each of its exports, the lazy ones as well, and so loads `fetch` and `WebSocket` into the
 * process: 40 ms and 16 MB that a service has no use for (Node.js 26).
 */
export const { Agent, createServer, get, request, STATUS_CODES, validateHeaderName, validateHeaderValue } =
  process.getBuiltinModule("node:http");
