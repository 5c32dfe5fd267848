import { defineGateway } from "@flotilla/chassis/gateway";
import { compositions } from "./compositions.ts";

/** The shop's gateway: the only way in. */
export const service = defineGateway({
  title: "Flotilla shop",
  version: "0.1.0",
  compositions,
  site: new URL("../storefront/", import.meta.url),
});
