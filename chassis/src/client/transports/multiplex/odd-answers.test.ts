import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../../../testing/eventually.ts";
import { UpstreamError } from "../http/upstream-error.ts";
import { FrameKind, frameText, headOf } from "./frame.ts";

import { type Asked, answer, but, connected } from "./offering.fixture.ts";

const unreadable: Record<string, (id: number) => string> = {
  "a status that is none": (id) => answer(id, "20x"),
  "an informational status": (id) => answer(id, "101"),
  "a header without a value": (id) => answer(id, "200", "{}", "content-type"),
  "a header without a proper name": (id) => answer(id, "200", "{}", "content type", "a"),
  "a header of two lines": (id) => frameText(FrameKind.answer, id, "200\nx-a\n1\rx-b: 2"),
  "a body where there is none": (id) => answer(id, "204", "{}"),
};

for (const [what, text] of Object.entries(unreadable)) {
  test(`an answer with ${what} fails who asked, and nobody else on the connection`, async (t) => {
    const asked: Asked[] = [];
    const { send, overHttp } = await connected(
      t,
      but((one) => void asked.push(one)),
    );
    const before = overHttp();
    const [odd, well] = [send("/odd"), send("/well")];
    await eventually(() => asked.length === 2);
    const idOf = (path: string) => asked.find((one) => one.path === path)?.id as number;
    asked[0]?.socket.write(text(idOf("/odd")) + answer(idOf("/well"), "200"), "latin1");
    const exchange = await odd;
    assert.ok("error" in exchange && exchange.sent && exchange.error instanceof UpstreamError);
    assert.ok("answer" in (await well));
    await send("/ready");
    assert.equal(overHttp(), before);
  });
}

const hostile: Record<string, (id: number) => string> = {
  "bytes that are no frame": () => "HTTP/1.1 200 OK\r\n\r\n",
  "a request": (id) => frameText(FrameKind.request, id, headOf(["GET", "/"])),
  "an end": () => "",
};

for (const [what, bytes] of Object.entries(hostile)) {
  test(`${what} in place of an answer ends the connection, and fails what was asked over it as sent`, async (t) => {
    const { send, overHttp } = await connected(
      t,
      but(({ id, socket }) => {
        const text = bytes(id);
        if (text === "") socket.destroy();
        else socket.write(text, "latin1");
      }),
    );
    const exchange = await send("/a");
    assert.ok("error" in exchange && exchange.sent && exchange.error instanceof UpstreamError);
    const before = overHttp();
    await send("/ready");
    assert.equal(overHttp(), before + 1);
  });
}
