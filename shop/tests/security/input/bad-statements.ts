/** What no service asks of its database, and what the database would say. */
export const against: [string, string][] = [
  ["inventory", "update stock set available = -1"],
  ["inventory", "update stock set reserved = -1"],
  ["inventory", "update stock set sold = -1"],
  ["inventory", "update stock set sold = 2000000000, available = 2000000000"],
  ["products", "update product set price = -1"],
  ["products", "update product set price = 100000001"],
  ["orders", "update orders set total = -1"],
  ["orders", "update orders set items = jsonb_set(items, '{0,quantity}', '0')"],
  ["orders", "update orders set items = jsonb_set(items, '{0,quantity}', '1.5')"],
  ["orders", "update orders set status = 'paid'"],
  ["payments", "update payment set amount = -1"],
  ["payments", "update provider.entry set amount = -1"],
  ["users", "update account set role = 'root'"],
  ["users", "update account set password_hash = 'a good password'"],
];
