import { test } from "node:test";
import { killEverywhere } from "./kill-everywhere.ts";
import { killsUnder } from "./kills.ts";

const kills = killsUnder("place", "embedded");

test(`an order is reserved, charged, confirmed and told of once, with kills at ${kills.length} places`, (t) =>
  killEverywhere(t, "place", kills));
