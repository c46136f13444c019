/**
 * The page is redrawn from state: a view is a function that says what should stand there, and `render` changes what differs.
 * Text only ever becomes text, so nothing that a scenario says can be taken for markup.
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element as it should be: `h("li", { key: event.id, class: "goal", onclick }, "Goal", h("b", null, 3))`.
 *
 * Properties are attributes, but for `key` (what a child is known by among its siblings), `on…` (listeners), `style` (an
 * object of CSS properties; the page's policy forbids them as an attribute) and `made` (called with a new element). `true`
 * and `false` set and remove an attribute; children that are `null`, `undefined` or `false` are left out. Siblings that come, go or
 * become another element need keys: those without are known by their place among their like, and may be made anew.
 */
export function h(tag, props, ...children) {
  return { tag, props: props ?? {}, children: children.flat(Infinity).filter(stands).map(texted) };
}

const stands = (child) => child !== null && child !== undefined && child !== false && child !== true;
const texted = (child) => (typeof child === "object" ? child : { text: String(child) });

/** What an element was last made to be. */
const drawn = new WeakMap();

/** Makes the children of an element what they should be, keeping those elements that still stand for the same. */
export function render(parent, ...children) {
  patch(parent, children.flat(Infinity).filter(stands).map(texted));
}

function patch(parent, wanted) {
  const had = drawn.get(parent)?.children ?? [];
  const nodes = [...parent.childNodes].slice(0, had.length);
  const keyed = new Map();
  const free = [];
  had.forEach((node, place) => {
    const key = node.props?.key;
    if (key === undefined) free.push(place);
    else keyed.set(key, place);
  });
  let at = parent.firstChild;
  const used = new Set();
  for (const node of wanted) {
    const key = node.props?.key;
    let place = key === undefined ? undefined : keyed.get(key);
    if (key === undefined) {
      while (free.length && !alike(had[free[0]], node)) free.shift();
      place = free.shift();
    }
    let element;
    // A key that stands twice is another's the second time.
    if (place !== undefined && !used.has(place) && alike(had[place], node)) {
      used.add(place);
      element = nodes[place];
      update(element, had[place], node);
    } else element = create(node, parent);
    if (element === at) at = at.nextSibling;
    else {
      // Whatever goes is not stepped over, or all that stays would be moved, and moving costs focus and scrolling.
      while (at && at !== element && gone(at, nodes, had, wanted, used)) {
        const next = at.nextSibling;
        at.remove();
        at = next;
      }
      if (element === at) at = at.nextSibling;
      else parent.insertBefore(element, at);
    }
  }
  had.forEach((_, place) => !used.has(place) && nodes[place].remove());
  drawn.set(parent, { ...(drawn.get(parent) ?? {}), children: wanted });
}

/** Whether an element that stands in the way is one that nothing stands for any more. */
function gone(element, nodes, had, wanted, used) {
  const place = nodes.indexOf(element);
  if (place < 0 || used.has(place)) return false;
  const key = had[place].props?.key;
  return key !== undefined && !wanted.some((node) => node.props?.key === key);
}

const alike = (had, node) => had.tag === node.tag && had.props?.key === node.props?.key;

function create(node, parent) {
  if (node.text !== undefined) return document.createTextNode(node.text);
  const svg = node.tag === "svg" || parent.namespaceURI === SVG;
  const element = svg ? document.createElementNS(SVG, node.tag) : document.createElement(node.tag);
  for (const [name, value] of Object.entries(node.props)) set(element, name, undefined, value);
  patch(element, node.children);
  node.props.made?.(element);
  return element;
}

function update(element, had, node) {
  if (had === node) return;
  if (node.text !== undefined) {
    if (had.text !== node.text) element.data = node.text;
    return;
  }
  for (const name of Object.keys(had.props)) if (!(name in node.props)) set(element, name, had.props[name], undefined);
  for (const [name, value] of Object.entries(node.props)) set(element, name, had.props[name], value);
  patch(element, node.children);
}

function set(element, name, had, value) {
  if (name === "key" || name === "made" || had === value) return;
  // A listener that answers `false` would keep the browser from doing what it does: what views' functions answer is nobody's.
  if (name.startsWith("on")) element[name] = value ? (event) => void value(event) : null;
  else if (name === "style") {
    for (const property of Object.keys(had ?? {})) if (!(property in (value ?? {}))) element.style.removeProperty(property);
    for (const [property, text] of Object.entries(value ?? {})) {
      if (had?.[property] !== text) element.style.setProperty(property, text);
    }
  } else if (name === "value") element.value = value ?? "";
  else if (value === undefined || value === null || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : value);
}
