import { type Static, Type } from "typebox";
import type { OwnStart } from "../../../chassis/src/commands/start/start-system.ts";
import { urlFault } from "../../../chassis/src/commands/start/url-fault.ts";
import { administratorFile, prepareAdministrator } from "./administrator.ts";
import { firstOrder } from "./first-order.ts";

const Settings = Type.Object({
  ADMIN_EMAIL: Type.Optional(Type.String({ format: "email", maxLength: 254 })),
  ADMIN_PASSWORD: Type.Optional(Type.String({ minLength: 8, maxLength: 200 })),
  SMTP_URL: Type.Optional(Type.String()),
});
type Settings = Partial<Static<typeof Settings>>;

/** What the start of the shop has of its own: an administrator, and where mail is sent. */
export const shopStart: OwnStart = {
  settings: Settings.properties,
  faults({ SMTP_URL }: Settings) {
    const fault = SMTP_URL && urlFault("SMTP_URL", SMTP_URL, ["smtp", "smtps"], "smtp://host:port");
    return fault ? [fault] : [];
  },
  async prepare({ ADMIN_EMAIL, ADMIN_PASSWORD, SMTP_URL }: Settings, dataFolder) {
    const given = { email: ADMIN_EMAIL, password: ADMIN_PASSWORD };
    const administrator = await prepareAdministrator(dataFolder, given);
    const { former } = administrator;
    const password = ADMIN_PASSWORD === undefined ? administrator.password : "(the ADMIN_PASSWORD you set)";
    return {
      environment: {
        users: { ADMIN_EMAIL: administrator.email, ADMIN_PASSWORD: administrator.password },
        email: { SMTP_URL },
      },
      lines: ({ gateway }) => [
        `  Administrator  ${administrator.email}  ${password}`,
        ...(former ? [`                 ${former}, the one before, is a customer now, and signed out everywhere`] : []),
        "  Look           npm run logs,  npm run sagas -- list,  npm run dead-letters -- list",
        "",
        "  Place an order, as the administrator:",
        ...firstOrder(gateway, administratorFile(dataFolder)).map((line) => `    ${line}`),
        "",
        "  Or see what becomes of three: npm run demo",
      ],
    };
  },
};
