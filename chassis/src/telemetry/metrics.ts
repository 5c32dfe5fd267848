import { Counter, collectDefaultMetrics, Gauge, Histogram, type Metric, Registry } from "prom-client";
import { createDistribution, type Labels } from "./distribution.ts";

/** The metrics of one service, named as Prometheus names them: `outbox_oldest_seconds`, `messages_handled_total`. */
export type Metrics = {
  /** What only grows. The result adds `count` (default 1). */
  counter(name: string, help: string, labels?: readonly string[]): (labels?: Labels, count?: number) => void;
  /** What is read whenever somebody looks: one number, or one for each set of labels. A reading that fails is left out. */
  gauge(name: string, help: string, read: () => Reading | Promise<Reading>, labels?: readonly string[]): void;
  /** How values are spread over `buckets` (upper bounds, rising). The result takes one value. */
  histogram(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly string[],
  ): (value: number, labels?: Labels) => void;
  /**
   * A histogram for what happens at every request. The result gives the function that takes one value under some labels; it is to be
   * asked once for each set of labels, and the function kept.
   */
  distribution(name: string, help: string, buckets: readonly number[]): (labels: Labels) => (value: number) => void;
  /** Adds what Node.js knows of this process: event loop, heap, garbage collection, handles, CPU and memory. */
  addRuntime(): void;
  /** All of them in Prometheus' text format, version 0.0.4. */
  text(): Promise<string>;
};

/** What a gauge reads. */
export type Reading = number | readonly (readonly [Labels, number])[];

/** Makes the metrics of a service; every one of them carries its name as the label `service`. A counter or distribution that is asked for again is the same one. */
export function createMetrics(service: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  const registers = [registry];
  return {
    counter(name, help, labelNames = []) {
      const known = registry.getSingleMetric(name) as Counter | undefined;
      const counter = known ?? new Counter({ name, help, labelNames, registers });
      return (labels = {}, count = 1) => counter.inc(labels, count);
    },
    gauge(name, help, read, labelNames = []) {
      new Gauge({ name, help, labelNames, registers, collect: collect(read) });
    },
    histogram(name, help, buckets, labelNames = []) {
      const histogram = new Histogram({ name, help, labelNames, registers, buckets: [...buckets] });
      return (value, labels = {}) => histogram.observe(labels, value);
    },
    distribution(name, help, buckets) {
      const known = registry.getSingleMetric(name) as unknown as ReturnType<typeof createDistribution> | undefined;
      if (known) return known.series;
      const distribution = createDistribution(name, help, buckets);
      registry.registerMetric(distribution as unknown as Metric);
      return distribution.series;
    },
    addRuntime: () => collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 }),
    text: () => registry.metrics(),
  };
}

function collect(read: () => Reading | Promise<Reading>) {
  return async function (this: Gauge): Promise<void> {
    this.reset();
    try {
      const reading = await read();
      if (typeof reading === "number") this.set(reading);
      else for (const [labels, value] of reading) this.set(labels, value);
    } catch {
      this.remove();
    }
  };
}
