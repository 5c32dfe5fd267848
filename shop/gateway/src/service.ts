import { defineGateway } from "@flotilla/chassis/gateway";
import { Type } from "typebox";
import { compositions } from "./compositions.ts";

/** The shop's gateway: the only way in, and the storefront that customers see. */
export const service = defineGateway({
  title: "Flotilla shop",
  version: "0.1.0",
  compositions,
  pages: [
    {
      folder: new URL("../storefront/site/", import.meta.url),
      settings: Type.Object({
        CONSOLE_URL: Type.Optional(
          Type.String({
            pattern: "^https?://",
            description: "Where the console is: orders link to it. Without: no links",
          }),
        ),
      }),
    },
  ],
});
