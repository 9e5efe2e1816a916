/**
 * JSON as a tree that can hold what no JavaScript value can: objects that name a property twice, and numbers as they stand in the text. An object is
 * `{ fields: [[name, value], …] }`, a literal text `{ raw: '1e400' }`; arrays, strings, numbers, booleans and null are themselves.
 */

/** A tree of a JavaScript value. */
export function toTree(value) {
  if (Array.isArray(value)) return value.map(toTree);
  if (typeof value === 'object' && value !== null) return 'raw' in value ? value : { fields: Object.entries(value).map(([name, item]) => [name, toTree(item)]) };
  return value;
}

/** A tree as JSON text. */
export function toText(tree) {
  if (Array.isArray(tree)) return `[${tree.map(toText).join()}]`;
  if (typeof tree !== 'object' || tree === null) return JSON.stringify(tree);
  return 'raw' in tree ? tree.raw : `{${tree.fields.map(([name, value]) => `${name.startsWith('"') ? name : JSON.stringify(name)}:${toText(value)}`).join()}}`;
}

/** Every place in a tree that can be changed: `{ holder, index }`, where `holder[index]` is a value. */
export function places(tree, found = []) {
  const list = Array.isArray(tree) ? tree : tree?.fields;
  if (!list) return found;
  for (let i = 0; i < list.length; i++) {
    const place = Array.isArray(tree) ? { holder: tree, index: i } : { holder: list[i], index: 1 };
    found.push(place);
    places(place.holder[place.index], found);
  }
  return found;
}

/** Every object in a tree. */
export function objects(tree, found = []) {
  if (Array.isArray(tree)) for (const item of tree) objects(item, found);
  else if (tree?.fields) {
    found.push(tree);
    for (const [, value] of tree.fields) objects(value, found);
  }
  return found;
}

/** How deep a JSON text is nested. */
export function depthOf(text) {
  let depth = 0;
  let deepest = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{\]}]/g)) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, ++depth);
    else if (token === ']' || token === '}') depth--;
  }
  return deepest;
}
