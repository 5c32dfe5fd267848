let settings: Promise<{ readonly CONSOLE_URL?: string }> | undefined;

/** The address of an order's timeline in the console; undefined when there is no console. */
export async function timelineOf(orderId: string): Promise<string | undefined> {
  settings ??= fetch(new URL("../settings.json", import.meta.url)).then((response) =>
    response.ok ? response.json() : {},
  );
  const { CONSOLE_URL } = await settings.catch(() => ({ CONSOLE_URL: undefined }));
  return CONSOLE_URL && `${CONSOLE_URL.replace(/\/$/, "")}/timeline/${encodeURIComponent(orderId)}`;
}
