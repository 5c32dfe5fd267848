// NestJS without a compiler: its decorators are functions.
import "reflect-metadata";
import { createServer } from "node:net";
import { Controller, Injectable, Module, UseGuards, UseInterceptors, UsePipes } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { MessagePattern, RpcException, Transport } from "@nestjs/microservices";
import { Histogram } from "prom-client";
import { tap, timeout } from "rxjs";
import { validator } from "./nest-validator.js";
import { reserve, schema } from "./reserve.js";
import { isGood } from "./token.js";

const validate = validator(schema);

class TokenGuard {
  canActivate(context) {
    return isGood(context.switchToRpc().getData().token);
  }
}
Injectable()(TokenGuard);

class BodyPipe {
  transform(value, { type }) {
    if (type === "custom" || value?.body === undefined || validate(value.body)) return value;
    throw new RpcException("the body is not valid");
  }
}
Injectable()(BodyPipe);

const durations = new Histogram({
  name: "request_duration_seconds",
  help: "Requests that were answered.",
  labelNames: ["pattern", "outcome"],
});

class CountingInterceptor {
  intercept(context, next) {
    const began = performance.now();
    const count = (outcome) => () =>
      durations.observe(
        { pattern: context.switchToRpc().getContext().getPattern(), outcome },
        (performance.now() - began) / 1_000,
      );
    return next.handle().pipe(timeout(10_000), tap({ complete: count("ok"), error: count("failed") }));
  }
}
Injectable()(CountingInterceptor);

class Reservations {
  reserve({ id, body }) {
    return reserve(id, body);
  }
}
const method = Object.getOwnPropertyDescriptor(Reservations.prototype, "reserve");
MessagePattern("reserve")(Reservations.prototype, "reserve", method);
if (process.env.SAME_WORK === "yes") {
  UseGuards(TokenGuard)(Reservations.prototype, "reserve", method);
  UseInterceptors(CountingInterceptor)(Reservations.prototype, "reserve", method);
  UsePipes(BodyPipe)(Reservations.prototype, "reserve", method);
}
Controller()(Reservations);

class ServiceModule {}
Module({ controllers: [Reservations] })(ServiceModule);

const port = await new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});
const options = { host: "127.0.0.1", port };
const service = await NestFactory.createMicroservice(ServiceModule, {
  transport: Transport.TCP,
  options,
  logger: false,
});
await service.listen();
process.on("disconnect", () => process.exit(0));
process.send?.(String(port));
