import { h } from "../ui/dom.js";
export const player = () => h("div", { key: "player" });
