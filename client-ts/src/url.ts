/** The absolute form of a URL, resolved against the page. Throws TypeError where it is relative and there is no page. */
export function absoluteUrl(url: string): string {
  try {
    return new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href).href;
  } catch {
    throw new TypeError(`LiveHub: '${url}' must be an absolute URL where there is no page.`);
  }
}
