import type { Progress } from "../../topology/progress.ts";
import type { RunFile } from "../../topology/run-file.ts";

/** Where the screen is written to: a terminal, a file, a pipe. */
export type Output = { write(text: string): unknown; readonly isTTY?: boolean };

/** What a person sees of a system that starts, runs and stops. */
export type Screen = {
  progress(progress: Progress): void;
  notice(line: string): void;
  /** Everything is ready: where it is and what to try. From now on progress is news. */
  ready(system: ReadySystem): void;
};

export type ReadySystem = {
  title: string;
  where: RunFile;
  /** What the system itself has to say, between the addresses and the end. */
  lines: readonly string[];
  dataFolder: string;
  seconds: number;
};

type Phase = "starting" | "running" | "stopping";

/** Makes the screen. In a terminal the lines of the start are redrawn in place; elsewhere each step is a line of its own. */
export function startScreen(output: Output, expected: readonly string[]): Screen {
  const states = new Map(expected.map((subject) => [subject, "waiting"]));
  let drawn = 0;
  let phase: Phase = "starting";
  const width = Math.max(...expected.map((subject) => subject.length));
  const line = ({ subject, state, detail }: Omit<Progress, "state"> & { state: string }) =>
    `  ${subject.padEnd(width)}  ${state}${detail ? `  ${detail}` : ""}\n`;

  const redraw = () => {
    const lines = [...states].map(([subject, state]) => line({ subject, state }));
    output.write(`${drawn > 0 ? `\x1b[${drawn}A\x1b[J` : ""}${lines.join("")}`);
    drawn = lines.length;
  };

  return {
    progress(progress) {
      if (progress.state === "stopping") phase = "stopping";
      // While everything stops, processes end because they were asked to.
      if (phase === "stopping" && progress.state !== "stopping") return;
      if (phase === "starting" && output.isTTY) {
        states.set(progress.subject, [progress.state, progress.detail].filter(Boolean).join("  "));
        redraw();
      } else output.write(line(progress));
    },
    notice(text) {
      output.write(`  ${text}\n`);
      drawn = 0;
    },
    ready(system) {
      phase = "running";
      output.write(summary(system));
    },
  };
}

function summary({ title, where, lines, dataFolder, seconds }: ReadySystem): string {
  const rows = Object.entries(where.services).flatMap(([name, instances]) =>
    instances.map(({ pid, url }, index) => [index === 0 ? name : "", url, String(pid)]),
  );
  return [
    "",
    ...table(["service", "address", "process"], rows),
    "",
    `  ${`${title.slice(0, 1).toUpperCase()}${title.slice(1)}`.padEnd(13)}  ${where.gateway}/`,
    `  Interface      ${where.gateway}/api  (every call, to read and try: ${where.gateway}/api/docs)`,
    `  Logs           ${dataFolder}/logs`,
    ...lines,
    "",
    `  Ready after ${seconds.toFixed(1)} s. Ctrl-C stops everything.`,
    "",
    "",
  ].join("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const render = (cells: readonly string[]) =>
    `  ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("   ")}`.trimEnd();
  return [render(head), render(widths.map((width) => "-".repeat(width))), ...rows.map(render)];
}
