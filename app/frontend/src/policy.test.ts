import { expect, test } from "vitest";

import page from "../index.html?raw";

const sources = import.meta.glob<string>(["./**/*.{css,ts,tsx}", "!./**/*.test.*", "!./test/**"], { query: "?raw", import: "default", eager: true });

test("index.html carries nothing that `script-src 'self'` and `style-src 'self'` would block", () => {
  const document = new DOMParser().parseFromString(page, "text/html");
  expect(document.querySelectorAll("style, script:not([src]), [style]")).toHaveLength(0);
  expect([...document.querySelectorAll("*")].flatMap((element) => element.getAttributeNames()).filter((name) => name.startsWith("on"))).toEqual([]);
});

test("nothing is loaded from data: or blob: addresses, or from another site", () => {
  expect(Object.keys(sources).length).toBeGreaterThan(20);
  const found = Object.entries(sources).filter(([, text]) => /url\(|["'`(]data:|createObjectURL|https?:\/\/(?!api\.example\.org|any\.invalid)/.test(text));
  expect(found.map(([path]) => path)).toEqual([]);
});
