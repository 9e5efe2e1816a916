import { afterEach, describe, expect, test, vi } from "vitest";
import { absoluteUrl } from "../src/url.js";

afterEach(() => void vi.unstubAllGlobals());

const place = "https://example.com/shop/cart.html?a=1#b";

describe("the hub's URL is resolved", () => {
  test.each([
    ["live", "https://example.com/shop/live"],
    ["/live", "https://example.com/live"],
    ["../live", "https://example.com/live"],
    ["//other.example/live", "https://other.example/live"],
    ["http://other.example:81/live", "http://other.example:81/live"],
  ])("against the page: %s", (url, absolute) => {
    vi.stubGlobal("document", { baseURI: place });
    vi.stubGlobal("location", { href: place });
    expect(absoluteUrl(url)).toBe(absolute);
  });

  test("against the page's <base href>, where it has one", () => {
    vi.stubGlobal("document", { baseURI: "https://example.com/app/" });
    vi.stubGlobal("location", { href: place });
    expect(absoluteUrl("live")).toBe("https://example.com/app/live");
  });

  test("against its own script in a worker, which has no document", () => {
    vi.stubGlobal("location", { href: "https://example.com/shop/worker.js" });
    expect(absoluteUrl("live")).toBe("https://example.com/shop/live");
  });
});
