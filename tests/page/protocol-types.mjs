// The TypeScript types of the protocol, made of its reviewed schema: `node tests/page/protocol-types.mjs > clients/js/protocol.d.ts`.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { foreign, root } from "./chromium.mjs";

const HEAD = `// The frames, commands and documents of touchline.v1, generated from the schemas of the server (touchline schema protocol):
// do not edit. Words that may grow are open: any other text is accepted beside those that are known.
`;

/** Every definition of the schema as an exported type. */
export async function protocolTypes() {
  const [{ default: openapiTS }, ts] = [await import(pathToFileURL(foreign("openapi-typescript/dist/index.mjs"))), createRequire(foreign(""))("typescript")];
  const { factory, SyntaxKind } = ts;
  const schema = readFileSync(join(root, "tests/golden/protocol.schema.json"), "utf8").replaceAll("#/$defs/", "#/components/schemas/");
  const document = { openapi: "3.1.0", info: { title: "", version: "" }, paths: {}, components: { schemas: JSON.parse(schema).$defs } };
  // A list of words or any text would be any text, and editors would complete none.
  const text = factory.createParenthesizedType(factory.createIntersectionTypeNode([factory.createKeywordTypeNode(SyntaxKind.StringKeyword), factory.createTypeLiteralNode([])]));
  const transform = ({ anyOf }) => {
    if (anyOf?.length !== 2 || !anyOf[0].enum || anyOf[1].type !== "string") return undefined;
    return factory.createUnionTypeNode([...anyOf[0].enum.map((word) => factory.createLiteralTypeNode(factory.createStringLiteral(word))), text]);
  };
  const nodes = await openapiTS(document, { transform });
  const schemas = nodes.find(({ name }) => name.text === "components").members[0].type.members;
  const printer = ts.createPrinter();
  const empty = ts.createSourceFile("", "", ts.ScriptTarget.Latest);
  const print = (node) => printer.printNode(ts.EmitHint.Unspecified, node, empty);
  const types = schemas.map((member) => {
    const comments = (member.emitNode?.leadingComments ?? []).map(({ text }) => `/*${text}*/\n`).join("");
    return `${comments}export type ${member.name.text} = ${print(member.type)};\n`;
  });
  const flat = types.join("\n").replaceAll(/components\["schemas"\]\["(\w+)"\]/g, "$1");
  // What the types say already.
  return HEAD + "\n" + flat.replaceAll(/^ *\/\*\* @(constant|enum.*) \*\/\n|^ *\* (@enum .*|@constant)\n/gm, "").replaceAll("@description ", "");
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) process.stdout.write(await protocolTypes());
