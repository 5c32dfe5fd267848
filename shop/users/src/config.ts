import { Type } from "typebox";

/** The administrator's account, made when it is not there. Both settings or none. */
export const config = Type.Object(
  {
    ADMIN_EMAIL: Type.Optional(Type.String({ format: "email", maxLength: 254 })),
    ADMIN_PASSWORD: Type.Optional(Type.String({ minLength: 8, maxLength: 200 })),
  },
  { dependencies: { ADMIN_EMAIL: ["ADMIN_PASSWORD"], ADMIN_PASSWORD: ["ADMIN_EMAIL"] } },
);
