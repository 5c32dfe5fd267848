/** The values of a metric's labels, by name. Few values each: never an id, a path or anything a client sent. */
export type Labels = Readonly<Record<string, string>>;

/** A histogram whose series are looked up once: what counts a value does nothing but add. */
export type Distribution = {
  readonly name: string;
  readonly help: string;
  readonly type: "histogram";
  /** The function that counts a value (in the unit of the buckets) under these labels. */
  series(labels: Labels): (value: number) => void;
  /** As prom-client's registry reads it. */
  get(): Promise<{ name: string; help: string; type: string; values: Sample[] }>;
};

type Sample = { metricName: string; labels: Record<string, string | number>; value: number };
type Series = { readonly labels: Labels; readonly counts: Float64Array; sum: number };

/** Makes a distribution over `buckets` (upper bounds, rising). */
export function createDistribution(name: string, help: string, buckets: readonly number[]): Distribution {
  const all: Series[] = [];

  const samplesOf = ({ labels, counts, sum }: Series): Sample[] => {
    let count = 0;
    const within = counts.values().map((inBucket, index): Sample => {
      count += inBucket;
      return { metricName: `${name}_bucket`, labels: { le: buckets[index] ?? "+Inf", ...labels }, value: count };
    });
    return [
      ...within,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  };

  return {
    name,
    help,
    type: "histogram",
    series(labels) {
      const series: Series = { labels, counts: new Float64Array(buckets.length + 1), sum: 0 };
      all.push(series);
      return (value) => {
        let index = 0;
        while (value > (buckets[index] as number)) index += 1;
        series.counts[index] = (series.counts[index] as number) + 1;
        series.sum += value;
      };
    },
    async get() {
      return { name, help, type: "histogram", values: all.flatMap(samplesOf) };
    },
  };
}
