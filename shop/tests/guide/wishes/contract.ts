import { call, contract, event, Fields, Id, Page, PageQuery, Text } from "@flotilla/chassis/contract";
import { notFound } from "@flotilla/chassis/failure";

export const Wish = Fields({ id: Id, userId: Id, productId: Id, productName: Text(200) });

export const wishFor = call("POST /wishes", {
  summary: "Wish for a product",
  access: "customer",
  body: Fields({ productId: Id }),
  replies: { 201: Wish },
  refuses: [notFound],
});

export const listWishes = call("GET /wishes", {
  summary: "One's own wishes",
  access: "customer",
  query: PageQuery,
  replies: { 200: Page(Wish) },
});

export const wishMade = event("wish.made", { key: "id", body: Wish });

export const wishes = contract("wishes", { calls: { wishFor, listWishes }, events: { wishMade } });
