import { h } from "../ui/dom.js";
export const race = () => h("div", { key: "race" });
