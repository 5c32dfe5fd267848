import { runProcess } from "@flotilla/chassis/service/process";
import { startGateway } from "./service.ts";

await runProcess(startGateway);
