import type { Product } from "@flotilla/contracts/products";
import { ask } from "../data/api.ts";
import { Problem } from "../data/problem.ts";
import { button } from "../elements/button.ts";
import { element } from "../elements/element.ts";
import { createForm, type Field, tellFault } from "../elements/form.ts";
import { toast } from "../elements/show.ts";
import { go, type Page, type View } from "../router.ts";
import { stockForm } from "./stock-room.ts";

/** A product to change, or a new one to add. */
export async function editProduct({ parameters: [id = ""], signal, again }: View): Promise<Page> {
  if (id === "new") return addProduct();
  const path = `/products/${encodeURIComponent(id)}`;
  const product = await ask<Product>("GET", path, { signal });
  // What is sent back names the version that was read, so that nobody's change is lost.
  const ifMatch = { "if-match": `"${product.version}"` };
  const form = createForm({
    fields: fieldsOf(product),
    submit: "Save",
    async send(values) {
      await ask("PUT", path, { body: bodyOf(values), headers: ifMatch }).catch((error) => rethrow(error));
      toast("Saved.");
      again();
    },
  });
  const fault = element("p", { class: "fault", role: "alert" });
  const remove = button(
    "Take it out of the catalogue",
    async () => {
      try {
        await ask("DELETE", path, { headers: ifMatch });
        toast(`${product.name} is no longer sold.`);
        go("/admin/products");
      } catch (error) {
        tellFault(fault, error);
      }
    },
    { class: "danger" },
  );
  const details = element(
    "section",
    { class: "panel" },
    element("h2", {}, "Details"),
    form,
    element("hr"),
    remove,
    fault,
  );
  return {
    title: product.name,
    content: [
      element("h1", {}, product.name),
      element("div", { class: "panels" }, details, await stockForm(id, signal)),
    ],
  };
}

function rethrow(error: unknown): never {
  if (error instanceof Problem && error.status === 412)
    toast("Somebody else has changed this product. Load the page again to see it as it is now.");
  throw error;
}

function addProduct(): Page {
  const form = createForm({
    fields: fieldsOf(),
    submit: "Add it",
    async send(values) {
      const { imageUrl, ...body } = bodyOf(values);
      const { id } = await ask<Product>("POST", "/products", { body: { ...body, ...(imageUrl && { imageUrl }) } });
      toast("Added. Now say how many pieces there are.");
      go(`/admin/products/${id}`);
    },
  });
  return {
    title: "New product",
    content: [element("section", { class: "narrow panel" }, element("h1", {}, "New product"), form)],
  };
}

const fieldsOf = (product?: Product): Field[] => [
  { name: "name", label: "Name", value: product?.name ?? "", required: true, maxlength: 200 },
  { name: "description", label: "Description", type: "textarea", value: product?.description ?? "", maxlength: 5_000 },
  {
    name: "price",
    label: "Price in euros",
    value: product ? (product.price.amount / 100).toFixed(2) : "",
    required: true,
    pattern: "\\d{1,7}([.,]\\d{2})?",
    inputmode: "decimal",
    hint: "Such as 34.90",
  },
  { name: "category", label: "Category", value: product?.category ?? "", required: true, maxlength: 50 },
  {
    name: "imageUrl",
    label: "Picture",
    value: product?.imageUrl ?? "",
    maxlength: 500,
    pattern: "(https?://|/)\\S*",
    required: product !== undefined,
    hint: "A path on this shop; without one, a picture is drawn",
  },
];

function bodyOf({
  name = "",
  description = "",
  price = "",
  category = "",
  imageUrl = "",
}: Readonly<Record<string, string>>) {
  const [euros = "0", cents = "00"] = price.split(/[.,]/);
  return {
    name,
    description,
    category,
    imageUrl,
    price: { amount: Number(euros) * 100 + Number(cents), currency: "EUR" as const },
  };
}
