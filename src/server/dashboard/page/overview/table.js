import { h } from "../ui/dom.js";
export const leagueTable = () => h("div", { key: "leagueTable" });
