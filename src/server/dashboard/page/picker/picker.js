import { h } from "../ui/dom.js";
export const picker = () => h("div", { key: "picker" });
