/** Links to share: to watch along, to start here, to control, for overlays, for programs. */
import { addressOf, pageAddress, streamAddress } from "../ui/address.js";
import { getReplays, getScenarios } from "../ui/api.js";
import { dialog } from "../ui/dialog.js";
import { h } from "../ui/dom.js";
import { speedOf } from "./actions.js";
import { positionText, seekPosition } from "./position-text.js";
import { speedText } from "../ui/speeds.js";

const OVERLAYS = [["scorebug", "Score and clock", "480 × 72"], ["ticker", "Ticker", "1280 × 64"], ["goal", "Goal card", "640 × 200"]];
/** How long "Copied" is shown, in ms. */
const COPIED_MS = 2_000;

export function share(model) {
  const { ui, state } = model;
  if (!state?.hello) return dialog(model, { name: "share", title: "Share" }, h("p", null, "There is nothing to share yet: the page is not connected."));
  const sheet = (ui.sheet ??= openSheet(model));
  return dialog(model, { name: "share", title: "Share" },
    h("div", { class: "share", ref: (element) => queueMicrotask(() => discardOnClose(element, ui)) },
      loopbackNote(),
      audienceLink(model, sheet),
      ownReplayLink(model, sheet),
      controlLink(model, sheet),
      overlayLinks(model, sheet),
      h("section", { key: "stream" },
        h("h3", null, "Stream for programs"),
        linkRow(ui, sheet, "stream", "WebSocket", streamAddress(model.base, { match: oneOfSeveral(model) })),
        h("p", { class: "share-note" }, `One JSON object in each frame, no handshake. The same as server-sent events at ${addressOf(`${model.base}/events`).pathname}.`))));
}

/** The shared moment is that of opening the dialog. */
function openSheet(model) {
  const sheet = { at: model.at(), reading: model.fixture && model.readingOf(model.fixture.id), hide: !model.spoilers, withSpeed: true, scenario: undefined, copied: null };
  findScenario(model).then((scenario) => {
    sheet.scenario = scenario;
    model.redraw();
  });
  return sheet;
}

function discardOnClose(element, ui) {
  element.closest("dialog")?.addEventListener("close", () => (ui.sheet = null));
}

/** What `scenario=` a link needs to play the same: the scenario's name; "" if it is the server's default; `null` if unknown. */
async function findScenario(model) {
  const { hello } = model.state;
  try {
    const main = !model.base || (await getReplays()).some(({ id, run }) => id === "main" && run === hello.run);
    const ids = hello.matches.map(({ id }) => id).join();
    const same = ({ title, length, matches }) => title === hello.title && length === hello.playback.length && matches.map(({ id }) => id).join() === ids;
    return (await getScenarios()).find(same)?.name ?? (main ? "" : null);
  } catch {
    return model.base ? null : "";
  }
}

const oneOfSeveral = ({ fixture, fixtures }) => (fixture && fixtures.length > 1 ? fixture.id : null);

function audienceLink(model, sheet) {
  const link = pageAddress(model.base, { match: oneOfSeveral(model), spoilers: sheet.hide ? "0" : null });
  return h("section", { key: "audience" },
    h("h3", null, "For an audience"),
    linkRow(model.ui, sheet, "audience", "This replay, as it plays", link),
    checkbox(model.ui, sheet, "hide", "Hide what is still to come"),
    model.base ? h("p", { class: "share-note" }, "This replay stays open while it is followed, and for a while after.") : null);
}

function ownReplayLink(model, sheet) {
  const { ui, fixtures, playback } = model;
  const { scenario, at, reading, withSpeed } = sheet;
  const speed = speedOf(playback);
  const over = at >= playback.length;
  const share = `${((at / playback.length) * 100).toFixed(3)}%`;
  const from = over || reading?.status === "scheduled" || at <= 0 ? null : ((fixtures.length === 1 && seekPosition(reading)) || share);
  const where = !from ? "from the beginning" : fixtures.length === 1 && seekPosition(reading) ? `from ${positionText(reading)}` : "from this moment";
  // The link's space is reserved until it is known.
  const link = scenario === undefined ? "" : pageAddress("", {
    scenario, from, speed: withSpeed || (!scenario && !from) ? speed : null, match: oneOfSeveral(model), spoilers: model.spoilers ? null : "0",
  });
  return h("section", { key: "own" },
    h("h3", null, "A replay of one's own"),
    scenario === null
      ? h("p", { class: "share-note" }, "What is played here is not among the matches that this server offers, so no link can begin it anew.")
      : [
        linkRow(ui, sheet, "own", `For each person who opens it, ${where}`, link),
        checkbox(ui, sheet, "withSpeed", `At this speed (${speedText(speed)})`),
      ]);
}

function controlLink(model, sheet) {
  if (!model.token) return null;
  return h("section", { key: "control" },
    h("h3", null, "To control"),
    linkRow(model.ui, sheet, "control", "With the token", pageAddress(model.base, { match: oneOfSeveral(model), token: model.token })),
    h("p", { class: "share-warning" }, "This link gives control of the replay. Share it only with people who should have it."));
}

function overlayLinks(model, sheet) {
  const address = (name) => {
    const url = addressOf(`${model.base}/overlay/${name}`);
    const match = oneOfSeveral(model);
    if (match) url.searchParams.set("match", match);
    return url.href;
  };
  return h("section", { key: "overlays" },
    h("h3", null, "Overlays for OBS"),
    OVERLAYS.map(([name, title, size]) => linkRow(model.ui, sheet, name, `${title}, ${size}`, address(name))),
    h("p", { class: "share-note" }, "Add as a browser source of that size in pixels. The ground is transparent."));
}

function loopbackNote() {
  if (!isLoopback(window.location.hostname)) return null;
  return h("p", { key: "only-here", class: "share-hint" },
    "These links open on this computer only. To let others in, have it served with ", h("code", null, "--listen"), " or behind a proxy, and open the page under that address.");
}

export const isLoopback = (host) => host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(\.\d+){3}$/.test(host);

function linkRow(ui, sheet, id, title, link) {
  const field = `share-${id}`;
  return h("div", { key: id, class: "share-row" },
    h("label", { for: field }, title),
    h("input", { id: field, type: "text", readonly: true, value: link, spellcheck: "false", onfocus: ({ currentTarget }) => currentTarget.select() }),
    h("button", {
      type: "button", disabled: !link, "aria-label": `Copy: ${title}`, onclick: ({ currentTarget }) => copy(ui, sheet, id, currentTarget.previousElementSibling),
    }, sheet.copied === id ? "Copied" : sheet.selected === id ? "Selected" : "Copy"),
    h("span", { class: "unseen", role: "status" }, sheet.copied === id ? "Copied" : ""));
}

/** Without access to the clipboard the text is selected, so that it can be copied by keyboard. */
async function copy(ui, sheet, id, field) {
  const outcome = {};
  try {
    await navigator.clipboard.writeText(field.value);
    outcome.copied = id;
  } catch {
    field.focus();
    field.select();
    outcome[document.execCommand("copy") ? "copied" : "selected"] = id;
  }
  Object.assign(sheet, { copied: null, selected: null }, outcome);
  ui.set({});
  setTimeout(() => {
    if (sheet.copied === id) sheet.copied = null;
    if (sheet.selected === id) sheet.selected = null;
    ui.set({});
  }, COPIED_MS);
}

function checkbox(ui, sheet, name, title) {
  return h("label", { key: name, class: "share-check" },
    h("input", {
      type: "checkbox", checked: sheet[name],
      onchange: ({ currentTarget }) => {
        sheet[name] = currentTarget.checked;
        ui.set({});
      },
    }), title);
}
