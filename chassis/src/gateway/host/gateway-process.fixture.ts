import { runProcess } from "../../service/host/process.ts";
import { startGateway } from "./start-gateway.ts";

/* A gateway of nothing, as a process of its own. */
await runProcess((surroundings) => startGateway({ title: "Nothing", contracts: [] }, surroundings));
