import "reflect-metadata";
import { ClientProxyFactory, Transport } from "@nestjs/microservices";
import { firstValueFrom, map, timeout } from "rxjs";
import { answerMeasures } from "./caller.js";
import { validator } from "./nest-validator.js";
import { body, id, replySchema } from "./reserve.js";
import { sign } from "./token.js";

const options = { host: "127.0.0.1", port: Number(process.env.SERVICE) };
const client = ClientProxyFactory.create({ transport: Transport.TCP, options });
await client.connect();
const isReply = validator(replySchema);
const token = sign();

function checked(reply) {
  if (isReply(reply)) return reply;
  throw new Error("a reply that is not valid");
}

answerMeasures(
  process.env.SAME_WORK === "yes"
    ? () => firstValueFrom(client.send("reserve", { token, id, body }).pipe(timeout(10_000), map(checked)))
    : () => firstValueFrom(client.send("reserve", { id, body })),
);
