import { inWords } from "../data/problem.ts";
import { type Attributes, type Child, element } from "./element.ts";
import { toast } from "./show.ts";

/**
 * A button that does something: while that goes on it takes no second press and says so, and when it fails that is told in words. What the customer
 * went away from may end untold.
 */
export function button(label: Child, act: () => unknown, attributes: Attributes = {}): HTMLButtonElement {
  const made = element("button", { type: "button", ...attributes }, label);
  made.addEventListener("click", async () => {
    if (made.ariaBusy === "true") return;
    made.ariaBusy = "true";
    try {
      await act();
    } catch (error) {
      if (made.isConnected) toast(inWords(error));
    } finally {
      made.ariaBusy = null;
    }
  });
  return made;
}
