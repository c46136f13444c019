import { h } from "../ui/dom.js";
export const help = () => h("div", { key: "help" });
