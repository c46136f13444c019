// Short forms of names: an initial where that is the custom, all other names unchanged.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { shortName } from "../../src/server/dashboard/page/ui/names.js";

const short = (name) => shortName({ name });

const WITH_INITIAL = {
  "Kalidou Koulibaly": "K. Koulibaly",
  "  Kalidou   Koulibaly ": "K. Koulibaly",
  "Kevin De Bruyne": "K. De Bruyne",
  "Virgil van Dijk": "V. van Dijk",
  "Ángel Di María": "Á. Di María",
  // An accented letter of two code points.
  "E\u0301lodie Thomis": "É. Thomis",
  "Jean-Pierre Papin": "J.-P. Papin",
  "Jean\u2011Pierre Papin": "J.-P. Papin",
  "Trent Alexander-Arnold": "T. Alexander-Arnold",
  "Heung-min Son": "H. Son",
  "N'Golo Kanté": "N. Kanté",
  "Vinícius José de Oliveira Júnior": "V. José de Oliveira Júnior",
  "Sammy Doe Jr.": "S. Doe Jr.",
  "B Doe": "B. Doe",
  "LEA DOE": "L. DOE",
  "Łukasz Piszczek": "Ł. Piszczek",
  "İlkay Gündoğan": "İ. Gündoğan",
  "Nemanja Vidić": "N. Vidić",
  "Андрей Аршавин": "А. Аршавин",
  "Γιώργος Καραγκούνης": "Γ. Καραγκούνης",
  "Հենրիխ Մխիթարյան": "Հ. Մխիթարյան",
  "ხვიჩა კვარაცხელია": "ხ. კვარაცხელია",
};

const AS_THEY_ARE = [
  "", "Pelé", "Ødegaard", "B. Doe", "J.R. Doe", "St. Juste",
  "長谷部 唯", "三笘 薫", "リオネル メッシ", "손 흥민", "محمد صلاح", "אבי כהן", "ชนาธิป สรงกระสินธ์", "सुनील छेत्री", "ላሊቤላ ተስፋዬ",
  "Lionel メッシ", "De Bruyne", "van der Sar", "de Jong", "Di María", "El Shaarawy", "Dos Santos",
  "Neymar Jr.", "Neymar Jr", "Vinícius Júnior", "Ronaldo II",
  "Glódís Perla Viggósdóttir", "Hannes Þór Halldórsson", "Gylfi Sigurðsson", "Nguyễn Quang Hải", "Son Heung-min", "Ji So-yun",
  "Amber Player 1", "Müller, Thomas", "👨‍👩‍👧 Zoë Ñ", 'O\'Brien "Q" <b>&amp;</b>', "X".repeat(300),
];

for (const [name, wanted] of Object.entries(WITH_INITIAL)) test(`${JSON.stringify(name)} is ${wanted}`, () => assert.equal(short(name), wanted));
for (const name of AS_THEY_ARE) test(`${JSON.stringify(name.slice(0, 40))} keeps its form`, () => assert.equal(short(name), name));

test("a missing name gives an empty string", () => {
  assert.deepEqual([shortName(undefined), shortName(null), shortName({}), short("  ")], ["", "", "", ""]);
});

test("line separators count as blanks", () => {
  const { away, home } = readFileSync(new URL("../cases/names.jsonl", import.meta.url), "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line)).find(({ kind }) => kind === "match");
  const named = [...home.players, ...away.players].map((player) => [player.name, shortName(player)]);
  assert.equal(short("Line\u2028Sep\u2029Para\u0085Nel"), "L. Sep Para Nel");
  for (const [name, form] of named) assert.doesNotMatch(form, /[\u0085\u2028\u2029]/, name);
  assert.ok(named.some(([name, form]) => /صلاح/.test(name) && form === name));
});
