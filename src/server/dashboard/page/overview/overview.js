import { h } from "../ui/dom.js";
export const overview = () => h("div", { key: "overview" });
