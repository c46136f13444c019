import { h } from "../ui/dom.js";
export const statistics = () => h("div", { key: "statistics" });
