/** The absolute form of a URL, resolved against the page. Throws TypeError where it is relative and there is no page. */
export function absoluteUrl(url: string): string {
  try {
    return new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href).href;
  } catch {
    throw new TypeError(`LiveHub: '${url}' is relative, and there is no page. Give an absolute URL.`);
  }
}
