import { expect, test, vi } from "vitest";

import { loadConfig, parseConfig } from "./config";

function answering(response: Response): void {
  vi.stubGlobal("fetch", () => Promise.resolve(response));
}

test("the API's origin comes from /config.json", async () => {
  answering(Response.json({ apiOrigin: "https://api.example.org" }));
  expect(await loadConfig()).toEqual({ apiOrigin: "https://api.example.org" });
});

test("without the file the API is on the page's own origin", async () => {
  answering(new Response("<Error/>", { status: 404, headers: { "Content-Type": "application/xml" } }));
  expect(await loadConfig()).toEqual({ apiOrigin: "" });
});

test("a single-page site's index.html in place of the file is not mistaken for it", async () => {
  answering(new Response("<!doctype html>", { headers: { "Content-Type": "text/html" } }));
  expect(await loadConfig()).toEqual({ apiOrigin: "" });
});

test("a site in trouble does not make the page talk to another API", async () => {
  answering(Response.json({}, { status: 503 }));
  await expect(loadConfig()).rejects.toThrow("/config.json answered 503");
});

test.each(["https://api.example.org/", "api.example.org", "https://api.example.org/v1", 7])("%j is refused as an origin", (apiOrigin) => {
  expect(() => parseConfig({ apiOrigin })).toThrow("write an origin");
});
