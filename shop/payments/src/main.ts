import { startService } from "@flotilla/chassis/service/host";
import { runProcess } from "@flotilla/chassis/service/process";
import { service } from "./service.ts";

await runProcess((surroundings) => startService(service, surroundings));
