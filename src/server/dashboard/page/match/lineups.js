/** The line-ups of both teams: the players by group, with their goals, cards and substitutions, and the officials. */
import { lineup, SIDES } from "../client.js";
import { h } from "../ui/dom.js";
import { count } from "../ui/format.js";
import { icon } from "../ui/icons.js";
import { capitalised } from "../ui/labels.js";
import { appearances, NO_APPEARANCE } from "./appearances.js";

const GROUPS = [
  { list: "on", name: "On the field" },
  { list: "sent_off", name: "Sent off" },
  { list: "off", name: "Gone off" },
  { list: "bench", name: "Bench" },
];

export function lineups({ fixture, match }) {
  const sides = match ? SIDES.map((side) => ({ side, team: fixture[side], sheet: lineup(match, side) })) : [];
  const named = sides.some(({ sheet }) => GROUPS.some(({ list }) => sheet[list].length));
  const known = appearances(match?.happenings ?? []);
  return h("div", { key: "lineups", class: "lineups" },
    h("h2", { class: "unseen" }, "Line-ups"),
    match && !named ? h("p", { key: "none", class: "empty" }, "This feed names no players beforehand.") : null,
    h("div", { class: "squads" }, sides.map((one) => squad(one, known, changesOf(match, one.side), named))),
    officials(match?.about.officials));
}

function squad({ side, team, sheet }, known, left, named) {
  if (!named && !sheet.formation && !sheet.coach) return null;
  const numbered = GROUPS.some(({ list }) => sheet[list].some(({ number }) => Number.isFinite(number)));
  return h("section", { key: side, class: `squad squad-${side} ${numbered ? "" : "squad-unnumbered"}`, "aria-label": team.name },
    h("div", { class: "squad-head" },
      h("h3", null, h("span", { class: `chip chip-${side}`, "aria-hidden": "true" }), h("span", null, team.name)),
      sheet.formation ? h("p", { key: "formation", class: "squad-formation" }, h("span", { class: "unseen" }, "Formation "), sheet.formation) : null,
      h("p", { key: "facts", class: "squad-facts" },
        [sheet.coach && coach(sheet, known), ...left].filter(Boolean)
          .map((fact, at) => h("span", { key: at }, fact)))),
    GROUPS.filter(({ list }) => sheet[list].length > 0).map(({ list, name }) => h("div", { key: list, class: `group group-${list}` },
      h("h4", { class: list === "on" ? "unseen" : "" }, name),
      h("ul", null, sheet[list].map((player) => row(player, known.get(player.id) ?? NO_APPEARANCE))))));
}

/** The coach, with the cards if the feed names a coach. */
function coach({ coach: name, staff = [] }, known) {
  const cards = staff.flatMap(({ id, sent_off, ...one }) =>
    signs({ ...one, goals: 0, own_goals: 0, cameOn: 0, wentOff: 0, sentOff: sent_off ? 1 : 0 }, known.get(id) ?? NO_APPEARANCE));
  return [`Coach ${name}`, ...cards.filter(Boolean).flatMap((card) => [" ", card])];
}

/** The substitutions left of a side, as text. */
function changesOf({ substitutionsLeft, concussionSubstitutionsLeft }, side) {
  const [left, concussion] = [substitutionsLeft, concussionSubstitutionsLeft].map((of) => of?.[side]);
  return [
    Number.isFinite(left) && `${left > 0 ? count(left, "change") : "No changes"} left`,
    concussion > 0 && `${count(concussion, "concussion change")} left`,
  ];
}

function row(player, appearance) {
  const { id, name, number, position, captain } = player;
  return h("li", { key: id, class: "sheet-player" },
    h("span", { class: "shirt" }, number ?? ""),
    h("span", { class: "sheet-name" },
      name,
      captain ? h("span", { class: "armband" }, h("span", { "aria-hidden": "true" }, "C"), h("span", { class: "unseen" }, ", captain")) : null),
    h("span", { class: "sheet-signs" }, signs(player, appearance)),
    h("span", { class: "sheet-position" }, position ?? ""));
}

/** A player's goals, cards and substitutions as icons, with text for screen readers. */
function signs(player, { on, off, cards, goals, ownGoals }) {
  const { yellow_cards, sentOff, cameOn, wentOff } = player;
  const twice = yellow_cards > 1 && sentOff > 0;
  const dismissed = cards.findLast(({ type }) => type !== "yellow_card")?.minute;
  return [
    player.goals > 0 && playerBadge("goal", "ball", player.goals > 1 ? "goals" : "goal", player.goals > 1 ? `×${player.goals}` : "", goals.join(", ")),
    player.own_goals > 0 && playerBadge("own-goal", "ball", player.own_goals > 1 ? "own goals" : "own goal", player.own_goals > 1 ? `og ×${player.own_goals}` : "og", ownGoals.join(", ")),
    yellow_cards > 0 && !twice && playerBadge("yellow", "yellow-card", "yellow card", "", cards.filter(({ type }) => type === "yellow_card").map(({ minute }) => minute).join(", ")),
    sentOff > 0 && playerBadge("sent-off", twice ? "second-yellow" : "red-card", twice ? "second yellow card, sent off" : "sent off", dismissed),
    // `cameOn` also counts starters; only an event says that a player came on during the match.
    on.length > 0 && cameOn > 0 && playerBadge("on", "came-on", "came on", on.join(", ")),
    wentOff > 0 && playerBadge("off", "went-off", "went off", off.join(", ")),
  ];
}

function playerBadge(key, name, keyAction, text, more = "") {
  return h("span", { key, class: `sign sign-${key}`, title: [keyAction, more || text].filter(Boolean).join(" ") },
    icon(name),
    h("span", { class: "unseen" }, `${keyAction} ${more}`.trim(), " "),
    text ? h("span", { class: "sign-text" }, text) : null);
}

const ROLES = { var: "VAR", avar: "Assistant VAR" };

function officials(officials) {
  const roles = Object.entries(officials ?? {}).map(([role, who]) => [ROLES[role] ?? capitalised(role), [who].flat().filter(Boolean)]).filter(([, who]) => who.length);
  if (!roles.length) return null;
  return h("section", { key: "officials", class: "officials", "aria-label": "Officials" },
    h("h3", null, "Officials"),
    h("dl", null, roles.map(([role, who]) => h("div", { key: role }, h("dt", null, role), h("dd", null, who.join(", "))))));
}
