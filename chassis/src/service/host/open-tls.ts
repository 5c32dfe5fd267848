import { ConfigurationError } from "../../core/configuration/config.ts";
import type { MutualTls } from "../../identity/mutual-tls.ts";
import type { Log } from "../../telemetry/log.ts";

type TlsSettings = { readonly TLS_CERTIFICATE_FILE?: string; readonly TLS_CA_FILE?: string };

/** Opens TLS between services if the settings say so; nothing of it is loaded otherwise. Throws a ConfigurationError for one without the other. */
export async function openTls(name: string, settings: TlsSettings, log: Log): Promise<MutualTls | undefined> {
  const { TLS_CERTIFICATE_FILE: certificateFile, TLS_CA_FILE: authoritiesFile } = settings;
  if (certificateFile === undefined && authoritiesFile === undefined) return undefined;
  if (certificateFile === undefined || authoritiesFile === undefined) {
    throw new ConfigurationError(["TLS_CERTIFICATE_FILE and TLS_CA_FILE are given together, or neither"]);
  }
  const { openMutualTls } = await import("../../identity/mutual-tls.ts");
  return openMutualTls({ name, certificateFile, authoritiesFile, log });
}
