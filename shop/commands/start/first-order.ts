/**
 * The lines that place an order from any POSIX shell with curl, and show it once it is final: by the account in `signInFile`, of the first product
 * that there is some of.
 */
export function firstOrder(gateway: string, signInFile: string): string[] {
  const json = "-H 'content-type: application/json'";
  const body = `{"items":[{"productId":"'$product'","quantity":1}],"payment":{"method":"pm_card_visa"}}`;
  return [
    `token=$(curl -s ${gateway}/api/auth/login ${json} -d ${quoted(`@${signInFile}`)} | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')`,
    `product=$(curl -s '${gateway}/api/products?limit=100' | grep -o '"id":"[^"]*"[^}]*}[^}]*"available":[1-9]' | head -n 1 | cut -d '"' -f 4)`,
    `curl -s ${gateway}/api/orders -H "authorization: Bearer $token" -H "idempotency-key: $(date +%s)" -H 'prefer: wait=20' ${json} -d '${body}'`,
  ];
}

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
