import { call, contract, event, Fields, Id, Text } from "@flotilla/chassis/contract";

const text = Text(200);
export const Greeting = Fields({ id: Id, text });

export const greet = call("POST /greetings", { access: "public", body: Fields({ text }), replies: { 201: Greeting } });
export const greetingSent = event("greeting.sent", { key: "id", body: Greeting });

export const greetings = contract("greetings", { calls: { greet }, events: { greetingSent } });
