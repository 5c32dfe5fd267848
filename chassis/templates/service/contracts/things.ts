import { call, contract, event, Fields, Id, Text } from "@flotilla/chassis/contract";
import { notFound } from "@flotilla/chassis/failure";

const text = Text(200);
export const Entry = Fields({ id: Id, text });

export const add = call("POST /things", { access: "public", body: Fields({ text }), replies: { 201: Entry } });
export const get = call("GET /things/{id}", { access: "public", replies: { 200: Entry }, refuses: [notFound] });
export const added = event("things.added", { key: "id", body: Entry });

export const things = contract("things", { calls: { add, get }, events: { added } });
