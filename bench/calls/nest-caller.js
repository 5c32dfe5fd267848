import "reflect-metadata";
import { ClientProxyFactory, Transport } from "@nestjs/microservices";
import { firstValueFrom, timeout } from "rxjs";
import { answerMeasures } from "./caller.js";
import { body, id } from "./reserve.js";
import { sign } from "./token.js";

const options = { host: "127.0.0.1", port: Number(process.env.SERVICE) };
const client = ClientProxyFactory.create({ transport: Transport.TCP, options });
await client.connect();
const token = sign();
answerMeasures(() => firstValueFrom(client.send("reserve", { token, id, body }).pipe(timeout(10_000))));
