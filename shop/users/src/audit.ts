import type { Log } from "@flotilla/chassis/telemetry";

/** What happened to an account or its sessions: who did it, from which network, and whether it was let. */
export type AuditEntry = {
  readonly action:
    | "register"
    | "sign_in"
    | "refresh"
    | "sign_out"
    | "end_session"
    | "end_all_sessions"
    | "change_credentials"
    | "request_password_reset"
    | "reset_password"
    | "close_account"
    | "appoint_administrator";
  readonly result: "done" | "refused";
  /** Why it was refused, or what was changed. */
  readonly what?: string;
  /** The account that it is about; undefined when there is none. */
  readonly userId?: string | undefined;
  /** Who did it, when that is somebody else. */
  readonly by?: string;
  readonly session?: string;
  readonly network?: string;
};

export type Audit = (entry: AuditEntry) => void;

/** Writes the audit of sign-ins to the log, one line for each entry (`"audit": {…}`). Neither emails nor secrets are told. */
export const auditTo =
  (log: Pick<Log, "info">): Audit =>
  (entry) =>
    log.info({ audit: entry }, "audit");
