/** The picker: running replays, and scenarios to play. */
import { runningReplays } from "./replays.js";
import { scenarioCard } from "./scenario.js";
import { storeOf } from "./store.js";
import { SPEEDS, speedText } from "../ui/speeds.js";
import { dialog } from "../ui/dialog.js";
import { h } from "../ui/dom.js";

export function picker(model) {
  const store = storeOf(model);
  const { scenarios, trouble } = store;
  return dialog(model, { name: "picker", title: "Choose a match", wide: true },
    // Created at each opening, and fetches its data then.
    h("div", { key: "picker", class: "picker", ref: () => store.refresh() },
      trouble ? h("div", { key: "trouble", class: "picker-trouble", role: "alert" },
        h("p", null, trouble),
        h("button", { type: "button", onclick: () => store.retry() }, "Try again")) : null,
      !scenarios && !trouble ? h("p", { key: "loading", class: "picker-loading", role: "status" }, "Loading the matches…") : null,
      scenarios ? [
        runningReplays(model, store),
        h("section", { key: "scenarios", class: "picker-part", "aria-labelledby": "picker-scenarios" },
          h("div", { class: "picker-head" },
            h("h3", { id: "picker-scenarios" }, "Start a match"),
            choices(store)),
          scenarios.length ? null : h("p", { key: "none", class: "empty" }, "There is nothing to play."),
          h("ul", { key: "list", class: "picker-cards" }, scenarios.map((scenario) => scenarioCard(model, store, scenario)))),
      ] : null));
}

/** The playback options, the same for all scenarios. */
function choices(store) {
  const { speed, from, loop } = store.choices;
  const wrong = store.refused?.field === "from";
  return h("div", { class: "picker-choices", role: "group", "aria-label": "How it plays" },
    h("label", null, h("span", null, "Speed"),
      h("select", { onchange: ({ target }) => store.choose({ speed: target.value === "max" ? "max" : Number(target.value) }) },
        SPEEDS.map((one) => h("option", { key: one, value: one, selected: one === speed }, speedText(one))))),
    h("label", { class: "picker-loop" },
      h("input", { type: "checkbox", checked: loop, onchange: ({ target }) => store.choose({ loop: target.checked }) }),
      h("span", null, "Loop")),
    h("label", null, h("span", null, "Begin at"),
      h("input", {
        id: "picker-from", type: "text", value: from, placeholder: "85:00, HT, 50%", maxlength: "100", autocomplete: "off", spellcheck: "false", size: "14",
        "aria-invalid": wrong ? "true" : null, "aria-describedby": wrong ? "picker-refused" : null,
        oninput: ({ target }) => store.choose({ from: target.value }),
      })));
}
