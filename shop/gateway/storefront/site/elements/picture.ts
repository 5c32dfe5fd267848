import type { Product } from "@flotilla/contracts/products";
import { element } from "./element.ts";

/**
 * The picture of a product. The shop loads pictures from itself only; for one that is elsewhere or missing it shows the one that is drawn for every product.
 */
export function picture(
  { id, imageUrl }: Pick<Product, "id" | "imageUrl">,
  attributes: { eager?: boolean } = {},
): HTMLImageElement {
  const drawn = `/api/products/${encodeURIComponent(id)}/picture`;
  const isOurs = new URL(imageUrl, location.origin).origin === location.origin;
  const image = element("img", {
    alt: "",
    width: 640,
    height: 480,
    loading: attributes.eager ? "eager" : "lazy",
    decoding: "async",
  });
  image.addEventListener("error", () => {
    if (!image.src.endsWith(drawn)) image.src = drawn;
  });
  image.src = isOurs ? imageUrl : drawn;
  return image;
}
