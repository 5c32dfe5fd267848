import type { RunningShop } from "./running-shop.ts";

/** The sum of a metric over all processes of a service, and over all that has this label. */
export async function sumOf({ where }: RunningShop, service: string, metric: string, label = ""): Promise<number> {
  const instances = (await where()).services[service] ?? [];
  const texts = await Promise.all(instances.map(async ({ url }) => (await fetch(new URL("/metrics", url))).text()));
  const lines = texts.flatMap((text) => text.split("\n"));
  const meant = lines.filter((line) => line.startsWith(`${metric}{`) && line.includes(label));
  return meant.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}
