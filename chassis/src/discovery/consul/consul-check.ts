import { consulAgent } from "./consul-agent.ts";
import { readConsulSettings } from "./consul-settings.ts";

/** Whether Consul can be used: undefined when all is well, else what is wrong, without anything of the URL in it. */
export async function consulFault(url: string): Promise<string | undefined> {
  const agent = consulAgent(readConsulSettings(url));
  try {
    const { status, body } = await agent.ask("GET", "/v1/agent/services", 5_000);
    if (status === 403) return "Consul refuses the token";
    return status === 200 && typeof body === "object" ? undefined : `this is no Consul agent (it answered ${status})`;
  } catch (error) {
    return `Consul can't be reached: ${(error as NodeJS.ErrnoException).code ?? (error as Error).name}`;
  } finally {
    await agent.close();
  }
}
