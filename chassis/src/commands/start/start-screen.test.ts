import assert from "node:assert/strict";
import { test } from "node:test";
import { startScreen } from "./start-screen.ts";

function screenOn(isTTY: boolean) {
  let text = "";
  const output = {
    isTTY,
    write(part: string) {
      text += part;
    },
  };
  return { screen: startScreen(output, ["database", "orders-1"]), text: () => text };
}

const ready = {
  title: "shop",
  where: {
    gateway: "http://127.0.0.1:3000",
    console: null,
    services: {
      orders: [
        { pid: 12, url: "http://127.0.0.1:41003" },
        { pid: 13, url: "http://127.0.0.1:41004" },
      ],
    },
  },
  lines: ["  Try it:"],
  dataFolder: ".data",
  seconds: 3.21,
};

test("without a terminal each step is a line of its own", () => {
  const { screen, text } = screenOn(false);
  screen.progress({ subject: "database", state: "starting" });
  screen.progress({ subject: "orders-1", state: "ready", detail: "http://127.0.0.1:41003" });
  assert.equal(text(), "  database  starting\n  orders-1  ready  http://127.0.0.1:41003\n");
});

test("in a terminal the same lines are drawn again", () => {
  const { screen, text } = screenOn(true);
  screen.progress({ subject: "database", state: "starting" });
  screen.progress({ subject: "database", state: "ready" });
  const [first, second] = ["  database  starting\n  orders-1  waiting\n", "  database  ready\n  orders-1  waiting\n"];
  assert.equal(text(), `${first}\x1b[2A\x1b[J${second}`);
});

test("when all is ready it shows every address, and what the system has to say", () => {
  const { screen, text } = screenOn(false);
  screen.ready(ready);
  assert.match(text(), /orders +http:\/\/127.0.0.1:41003 +12\n +http:\/\/127.0.0.1:41004 +13\n/);
  assert.match(
    text(),
    / {2}Shop +http:\/\/127.0.0.1:3000\/\n {2}Interface +http:\/\/127.0.0.1:3000\/api .*\n.*\n {2}Try it:\n/,
  );
  assert.match(text(), /Ready after 3.2 s/);
});

test("a crash is told, but not the ends that a stop brings", () => {
  const { screen, text } = screenOn(true);
  screen.ready(ready);
  screen.progress({ subject: "orders-1", state: "ended", detail: "was ended by SIGKILL" });
  screen.progress({ subject: "services", state: "stopping" });
  screen.progress({ subject: "orders-1", state: "ended", detail: "ended with exit code 0" });
  assert.match(text(), /orders-1 {2}ended {2}was ended by SIGKILL\n {2}services {2}stopping\n$/);
});
