/** Shows the first page of the catalogue. Texts are set as texts, so that none of them is taken for HTML. */
const status = document.querySelector("#status");
const list = document.querySelector("#products");

try {
  const answer = await fetch("api/products?limit=48");
  if (!answer.ok) throw new Error(`the shop answers with ${answer.status}`);
  const { items } = await answer.json();
  list.replaceChildren(...items.map(card));
  status.textContent = items.length === 0 ? "There is nothing to buy yet." : "";
} catch (error) {
  status.textContent = `The products can't be shown: ${error.message}. Load the page again in a moment.`;
}

function card({ name, description, price, imageUrl, available }) {
  const money = new Intl.NumberFormat("en-IE", { style: "currency", currency: price.currency });
  const picture = Object.assign(document.createElement("img"), { src: imageUrl, alt: "", loading: "lazy" });
  const item = document.createElement("li");
  item.append(
    picture,
    element("h3", name),
    element("p", description),
    element(
      "p",
      `${money.format(price.amount / 100)}, ${available > 0 ? `${available} in stock` : "sold out"}`,
      "price",
    ),
  );
  return item;
}

function element(tag, textContent, className = "") {
  return Object.assign(document.createElement(tag), { textContent, className });
}
