import { refusal } from "../core/failure/failure.ts";

export const idempotencyKeyRequired = refusal("idempotency_key_required", 400, "An Idempotency-Key header is required");
export const idempotencyKeyReused = refusal(
  "idempotency_key_reused",
  422,
  "The idempotency key was used for another request",
);
