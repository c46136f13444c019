import { h } from "../ui/dom.js";
export const lineups = () => h("div", { key: "lineups" });
