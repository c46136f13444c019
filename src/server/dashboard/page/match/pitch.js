import { h } from "../ui/dom.js";
export const pitch = () => h("div", { key: "pitch" });
