import { h } from "../ui/dom.js";
export const share = () => h("div", { key: "share" });
