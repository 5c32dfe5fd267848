import { call, contract, Fields, Id, Page, PageQuery, Text } from "@flotilla/chassis/contract";

export const Entry = Fields({ id: Id, text: Text(250) });

export const listEntries = call("GET /journal", { access: "public", query: PageQuery, replies: { 200: Page(Entry) } });

export const journal = contract("journal", { calls: { listEntries } });
