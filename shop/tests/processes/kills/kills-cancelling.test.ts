import { test } from "node:test";
import { killEverywhere } from "./kill-everywhere.ts";
import { killsUnder } from "./kills.ts";

const kills = killsUnder("cancel", "embedded");

test(`a cancelled order is refunded, released and told of once, with kills at ${kills.length} places`, (t) =>
  killEverywhere(t, "cancel", kills));
