/* What a service answers and tells, written down once: calls, events, and the schemas they are made of. */
export { type Static, Type } from "typebox";
export { type Access, type Call, type CallShape, call } from "./contract/call.ts";
export { type Contract, contract } from "./contract/contract.ts";
export { type BodyOf, type Event, earlierVersion, event } from "./contract/event.ts";
export { pageOf } from "./contract/page.ts";
export { Personal } from "./contract/personal.ts";
export { Fields, Id, Media, Nullable, OneOf, Page, PageQuery, PageQueryWith, Text, Time } from "./contract/schema.ts";
export { Sensitive } from "./contract/sensitive.ts";
