import { beforeEach, describe, expect, test, vi } from "vitest";

import { API, json, World } from "../test/world";
import { Api, PATIENCE_MILLISECONDS, retryAfterMilliseconds } from "./client";
import { ApiError, ContractError, UnreachableError } from "./errors";

let world: World;
let api: Api;

beforeEach(() => {
  vi.useFakeTimers();
  world = new World();
  api = new Api(API);
});

const asleep = (seconds: number) => () => json(503, { detail: "Waking up." }, { "Retry-After": String(seconds) });

describe("waking up", () => {
  test("503 is repeated at the pace of Retry-After, and seen as waiting meanwhile", async () => {
    world.fail("GET /api/pictures", asleep(5));
    const page = api.pictures(null);
    await vi.advanceTimersByTimeAsync(4_900);
    expect(api.waiting.current()?.reason).toBe("waking");
    expect(world.calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_200); // Up to a fifth is added.
    await expect(page).resolves.toEqual({ results: [], next: null });
    expect(api.waiting.current()).toBeNull();
  });

  test("a write is repeated too, as 503 says that this does no harm", async () => {
    world.fail("POST /api/session", asleep(1));
    const session = api.logIn({ username: "ada", password: "secret" });
    await vi.advanceTimersByTimeAsync(1_300);
    expect((await session).user).toEqual({ username: "ada" });
  });

  test("after two minutes it is an error", async () => {
    for (let index = 0; index < 200; index += 1) world.fail("GET /api/pictures", asleep(5));
    const failure = api.pictures(null).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(PATIENCE_MILLISECONDS);
    expect(await failure).toMatchObject({ status: 503 });
  });

  test("the first answer ends everybody's waiting", async () => {
    world.fail("GET /api/pictures", asleep(60));
    const page = api.pictures(null);
    await vi.advanceTimersByTimeAsync(10);
    await api.session();
    await vi.advanceTimersByTimeAsync(10);
    await expect(page).resolves.toBeDefined();
  });

  test("who leaves the page does not wait on", async () => {
    world.fail("GET /api/pictures", asleep(60));
    const controller = new AbortController();
    const failure = api.pictures(null, { signal: controller.signal }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(10);
    controller.abort();
    expect(await failure).toMatchObject({ name: "AbortError" });
    expect(api.waiting.current()).toBeNull();
  });

  test.each([
    ["7", 7_000],
    ["0", 1_000],
    ["86400", 60_000],
    ["Mon, 23 Nov 2026 10:00:09 GMT", 9_000],
    ["soon", null],
    [null, null],
  ])("Retry-After %j is %j milliseconds", (header, expected) => {
    expect(retryAfterMilliseconds(header, Date.parse("2026-11-23T10:00:00Z"))).toBe(expected);
  });
});

describe("no answer", () => {
  test("reading is repeated", async () => {
    world.fail("GET /api/pictures", () => new TypeError("Failed to fetch"));
    const page = api.pictures(null);
    await vi.advanceTimersByTimeAsync(10);
    expect(api.waiting.current()?.reason).toBe("unreachable");
    await vi.advanceTimersByTimeAsync(1_200);
    await expect(page).resolves.toBeDefined();
  });

  test("writing is not, as it may have happened", async () => {
    await api.session();
    world.fail("DELETE /api/pictures/1", () => new TypeError("Failed to fetch"));
    await expect(api.deletePicture("1")).rejects.toBeInstanceOf(UnreachableError);
    expect(world.to("DELETE /api/pictures/1")).toHaveLength(1);
  });

  test("a gateway's 504 counts as no answer", async () => {
    await api.session();
    world.fail("POST /api/pictures/1/confirm", () => new Response("<html>", { status: 504 }));
    await expect(api.confirmPicture("1")).rejects.toMatchObject({ status: 504 });
  });
});

describe("CSRF", () => {
  test("the token is read before the first write, and the new one of a log-in is used after it", async () => {
    await api.logIn({ username: "ada", password: "secret" });
    await api.logOut();
    expect(world.to("POST /api/session")[0]?.headers.get("X-CSRFToken")).toBe("token-1");
    expect(world.to("DELETE /api/session")[0]?.headers.get("X-CSRFToken")).toBe("token-1-ada");
  });

  test("a refused token is renewed once", async () => {
    await api.session();
    world.add(1);
    world.csrfToken = "token-2"; // Somebody logged in in another tab.
    await api.deletePicture("1");
    expect(world.pictures).toEqual([]);
  });

  test("a token that stays refused is an error and no loop", async () => {
    for (let index = 0; index < 9; index += 1) world.fail("DELETE /api/pictures/1", () => json(403, { detail: "CSRF Failed: Origin checking failed." }));
    await expect(api.deletePicture("1")).rejects.toMatchObject({ status: 403 });
    expect(world.to("DELETE /api/pictures/1")).toHaveLength(2);
  });
});

test("what is wrong with a field is known by the field", async () => {
  const failure = await api.signUp({ username: "ada", password: "x" }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ApiError);
  expect((failure as ApiError).about("username")).toBe("A user with that username already exists.");
});

test("an answer that breaks the contract names the field", async () => {
  world.fail("GET /api/pictures", () => json(200, { results: [{ id: "1", title: "Kite", owner: "ada", status: "done", created_at: "" }] }));
  await expect(api.pictures(null)).rejects.toThrow(new ContractError('picture.status is "done".'));
});
