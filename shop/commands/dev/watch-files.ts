import { type FSWatcher, statSync, watch } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Watches files that change from time to time. */
export type FileWatch = {
  /** What is to be watched from now on; a path that ends with a slash is a folder with all that is in it. */
  set(paths: Iterable<string>): void;
  close(): void;
};

/** Milliseconds without news after which what was saved is whole: editors write in several steps. */
const SETTLED = 40;

/**
 * Tells of files that were saved, made or removed, those of one moment together; of what is watched first also when that was after `since`
 * (milliseconds since 1970).
 */
export function watchFiles(since: number, onSaved: (paths: readonly string[]) => void): FileWatch {
  const watchers = new Map<string, FSWatcher>();
  let stamps = new Map<string, string>();
  let folders = new Set<string>();
  const touched = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  function settle(): void {
    const saved = [...touched].filter((path) => {
      const stamp = stampOf(path);
      const isNews = stamp !== stamps.get(path);
      stamps.set(path, stamp);
      return isNews;
    });
    touched.clear();
    if (saved.length > 0) onSaved(saved);
  }

  function hear(folder: string, name: string | null): void {
    if (name === null) return;
    const path = join(folder, name);
    if (!stamps.has(path) && !folders.has(`${folder}/`)) return;
    touch(path);
  }

  function touch(path: string): void {
    touched.add(path);
    clearTimeout(timer);
    timer = setTimeout(settle, SETTLED);
  }

  return {
    set(paths) {
      const all = [...paths];
      folders = new Set(all.filter((path) => path.endsWith("/")));
      const before = stamps;
      const isFirst = watchers.size === 0;
      stamps = new Map(
        all.filter((path) => !path.endsWith("/")).map((path) => [path, before.get(path) ?? stampOf(path)]),
      );
      const wanted = new Set(all.map((path) => (path.endsWith("/") ? path.slice(0, -1) : dirname(path))));
      for (const [folder, watcher] of watchers) if (!wanted.has(folder) && watchers.delete(folder)) watcher.close();
      for (const folder of wanted) if (!watchers.has(folder)) open(folder);
      if (isFirst) for (const path of stamps.keys()) if (savedAt(path) > since && stamps.set(path, "")) touch(path);
    },
    close() {
      clearTimeout(timer);
      for (const watcher of watchers.values()) watcher.close();
    },
  };

  function open(folder: string): void {
    try {
      // A folder that goes away is watched no more; what was in it has changed.
      const watcher = watch(folder, (_event, name) => hear(folder, name)).on("error", () => watcher.close());
      watchers.set(folder, watcher);
    } catch {
      // It is not there (yet).
    }
  }
}

const savedAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Tells one content of a file from another, without reading it. */
function stampOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found ? `${basename(path)} ${found.mtimeNs} ${found.size} ${found.ino}` : "";
}
