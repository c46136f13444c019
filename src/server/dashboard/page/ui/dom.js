/**
 * Rendering: a view is a function that returns the wanted elements, and `render` updates the page where it differs. Text is
 * only ever set as text, so a scenario cannot inject markup.
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Describes an element: `h("li", { key: event.id, class: "goal", onclick }, "Goal", h("b", null, 3))`.
 *
 * Properties are attributes, except `key` (the identity of a child among its siblings), `on…` (listeners), `style` (an object
 * of CSS properties; the page's policy forbids the attribute) and `ref` (called with a new element). `true` and `false` set and
 * remove an attribute; children that are `null`, `undefined` or `false` are skipped. Siblings that are inserted, removed or
 * change their tag need keys: others are matched by their order and may be created again.
 */
export function h(tag, props, ...children) {
  return { tag, props: props ?? {}, children: children.flat(Infinity).filter(isRendered).map(asNode) };
}

const isRendered = (child) => child !== null && child !== undefined && child !== false && child !== true;
const asNode = (child) => (typeof child === "object" ? child : { text: String(child) });

/** What each element was last rendered from. */
const rendered = new WeakMap();

/** Updates the children of an element, keeping every element that still matches. */
export function render(parent, ...children) {
  patch(parent, children.flat(Infinity).filter(isRendered).map(asNode));
}

function patch(parent, next) {
  const previous = rendered.get(parent)?.children ?? [];
  const nodes = [...parent.childNodes].slice(0, previous.length);
  const indexByKey = new Map();
  const unkeyed = [];
  previous.forEach((node, index) => {
    const key = node.props?.key;
    if (key === undefined) unkeyed.push(index);
    else indexByKey.set(key, index);
  });
  let cursor = parent.firstChild;
  const used = new Set();
  for (const node of next) {
    const key = node.props?.key;
    let index = key === undefined ? undefined : indexByKey.get(key);
    if (key === undefined) {
      while (unkeyed.length && !isSameNode(previous[unkeyed[0]], node)) unkeyed.shift();
      index = unkeyed.shift();
    }
    let element;
    // Of duplicate keys only the first matches.
    if (index !== undefined && !used.has(index) && isSameNode(previous[index], node)) {
      used.add(index);
      element = nodes[index];
      update(element, previous[index], node);
    } else element = create(node, parent);
    if (element === cursor) cursor = cursor.nextSibling;
    else {
      // Leftovers are removed here, not skipped: otherwise the elements that stay would be moved, which loses focus and scroll
      // position.
      while (cursor && cursor !== element && isLeftover(cursor, nodes, previous, next, used)) {
        const sibling = cursor.nextSibling;
        cursor.remove();
        cursor = sibling;
      }
      if (element === cursor) cursor = cursor.nextSibling;
      else parent.insertBefore(element, cursor);
    }
  }
  previous.forEach((_, index) => !used.has(index) && nodes[index].remove());
  rendered.set(parent, { ...(rendered.get(parent) ?? {}), children: next });
}

/** Whether an element in the way is no longer wanted. */
function isLeftover(element, nodes, previous, next, used) {
  const index = nodes.indexOf(element);
  if (index < 0 || used.has(index)) return false;
  const key = previous[index].props?.key;
  return key !== undefined && !next.some((node) => node.props?.key === key);
}

const isSameNode = (previous, node) => previous.tag === node.tag && previous.props?.key === node.props?.key;

function create(node, parent) {
  if (node.text !== undefined) return document.createTextNode(node.text);
  const svg = node.tag === "svg" || parent.namespaceURI === SVG;
  const element = svg ? document.createElementNS(SVG, node.tag) : document.createElement(node.tag);
  for (const [name, value] of Object.entries(node.props)) set(element, name, undefined, value);
  patch(element, node.children);
  node.props.ref?.(element);
  return element;
}

function update(element, previous, node) {
  if (previous === node) return;
  if (node.text !== undefined) {
    if (previous.text !== node.text) element.data = node.text;
    return;
  }
  for (const name of Object.keys(previous.props)) if (!(name in node.props)) set(element, name, previous.props[name], undefined);
  for (const [name, value] of Object.entries(node.props)) set(element, name, previous.props[name], value);
  patch(element, node.children);
}

function set(element, name, previous, value) {
  if (name === "key" || name === "made" || previous === value) return;
  // A listener that returns `false` would cancel the browser's default action; the return values of views have no meaning.
  if (name.startsWith("on")) element[name] = value ? (event) => void value(event) : null;
  else if (name === "style") {
    for (const property of Object.keys(previous ?? {})) if (!(property in (value ?? {}))) element.style.removeProperty(property);
    for (const [property, text] of Object.entries(value ?? {})) {
      if (previous?.[property] !== text) element.style.setProperty(property, text);
    }
  } else if (name === "value") element.value = value ?? "";
  else if (value === undefined || value === null || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : value);
}
