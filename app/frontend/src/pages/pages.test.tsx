import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, test, vi } from "vitest";

import { expectAccessible, json, visit, World } from "../test/world";
import { titleFrom } from "./UploadPage";

let world: World;
const user = userEvent.setup();

beforeEach(() => {
  world = new World();
});

const cards = () => screen.queryAllByRole("listitem");
const image = () => document.querySelector(".picture-frame img");

describe("the front page", () => {
  test("shows a page of pictures, then more, and takes the focus along", async () => {
    world.add(6);
    visit("/");
    expect(await screen.findByRole("link", { name: "Picture 1 by ada" })).toHaveAttribute("href", "/pictures/1");
    expect(cards()).toHaveLength(4);
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Show more" }));
    await waitFor(() => expect(cards()).toHaveLength(6));
    expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();
    await waitFor(() => expect(screen.getByRole("link", { name: /Picture 5/ })).toHaveFocus());
  });

  test("puts the thumbnail in the placeholder's place once a worker has made it", async () => {
    world.add(1, { status: "processing" });
    visit("/");
    expect(await screen.findByText("Being prepared…")).toBeVisible();
    await expectAccessible();
    for (const picture of world.pictures) picture.status = "ready";
    await waitFor(() => expect(document.querySelector(".card img")).toHaveAttribute("src", expect.stringContaining("/small/1.webp")), { timeout: 3_000 });
    expect(screen.getByText("All pictures are ready.")).toBeInTheDocument();
  });

  test("asks ever more rarely, and not at all while nobody looks", async () => {
    vi.useFakeTimers();
    world.add(1, { status: "processing" });
    visit("/");
    await act(() => vi.advanceTimersByTimeAsync(60_000));
    const inAMinute = world.to("GET /api/pictures").length;
    expect(inAMinute).toBeGreaterThan(5);
    expect(inAMinute).toBeLessThan(14);
    const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    document.dispatchEvent(new Event("visibilitychange"));
    await act(() => vi.advanceTimersByTimeAsync(600_000));
    expect(world.to("GET /api/pictures")).toHaveLength(inAMinute);
    hidden.mockReturnValue(false);
    document.dispatchEvent(new Event("visibilitychange"));
    await act(() => vi.advanceTimersByTimeAsync(16_000));
    expect(world.to("GET /api/pictures")).toHaveLength(inAMinute + 1);
  });

  test("renews a thumbnail whose signed address has run out, once", async () => {
    world.add(1);
    visit("/");
    await screen.findByRole("link", { name: /Picture 1/ });
    const shown = () => document.querySelector<HTMLImageElement>(".card img");
    const before = shown()?.src;
    fireEvent.error(shown() ?? document.body);
    await waitFor(() => expect(shown()?.src).not.toBe(before));
    await waitFor(() => expect(shown()).not.toBeNull());
    fireEvent.error(shown() ?? document.body);
    expect(document.querySelector('.card [data-placeholder="broken"]')).not.toBeNull();
    expect(world.to("GET /api/pictures/1")).toHaveLength(1);
  });

  test("invites to upload when there is nothing yet", async () => {
    visit("/");
    expect(await screen.findByRole("heading", { name: "No pictures yet" })).toBeVisible();
    expect(screen.getByRole("link", { name: "Log in to upload" })).toHaveAttribute("href", "/login?next=%2Fupload");
    await expectAccessible();
  });

  test("explains an error and tries again when asked", async () => {
    world.add(1);
    world.fail("GET /api/pictures", () => json(500, { detail: "KeyError: 'x'" }));
    visit("/");
    expect(await screen.findByRole("alert")).toHaveTextContent("The pictures could not be loaded");
    expect(screen.queryByText(/KeyError/)).toBeNull();
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("link", { name: /Picture 1/ })).toBeVisible();
  });

  test("says that the gallery wakes up, and goes on by itself or when asked", async () => {
    world.add(1);
    world.fail("GET /api/pictures", () => json(503, {}, { "Retry-After": "30" }));
    world.fail("GET /api/session", () => json(503, {}, { "Retry-After": "30" }));
    visit("/");
    expect(await screen.findByText(/is waking up/)).toBeVisible();
    expect(screen.queryByRole("alert")).toBeNull();
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: /Try now/ }));
    expect(await screen.findByRole("link", { name: /Picture 1/ })).toBeVisible();
    expect(screen.queryByText(/is waking up/)).toBeNull();
  });
});

describe("a picture's page", () => {
  test("shows the picture and how it was taken", async () => {
    world.add(1, { exif: { FNumber: 5.6, ExposureTime: 0.004, Model: "X100V", DateTimeOriginal: "2026:05:04 06:12:09", ColorSpace: 1 } });
    visit("/pictures/1");
    expect(await screen.findByRole("img", { name: "Picture 1" })).toHaveAttribute("src", expect.stringContaining("/large/1.webp"));
    const report = within(screen.getByRole("region", { name: "How it was taken" }));
    for (const text of ["X100V", "1/250 s", "ƒ/5.6", "2026-05-04 06:12:09", "1 more"]) expect(report.getByText(text)).toBeInTheDocument();
    expect(document.title).toBe("Picture 1 · Gallery");
    expect(screen.queryByRole("button", { name: "Delete" })).toBeNull();
    await expectAccessible();
  });

  test("waits for the worker", async () => {
    world.add(1, { status: "processing" });
    visit("/pictures/1");
    expect(await screen.findByText(/A worker is preparing/)).toBeVisible();
    for (const picture of world.pictures) picture.status = "ready";
    await waitFor(() => expect(image()).not.toBeNull(), { timeout: 3_000 });
    expect(screen.getByText("The file carries no EXIF data.")).toBeVisible();
  });

  test("says when the file was no picture", async () => {
    world.add(1, { status: "failed", failure: "This picture is damaged." });
    visit("/pictures/1");
    expect(await screen.findByText("This picture is damaged.")).toBeVisible();
  });

  test("says when it is gone", async () => {
    visit("/pictures/77");
    expect(await screen.findByRole("heading", { name: "This picture is gone" })).toBeVisible();
    await expectAccessible();
  });

  test("lets its owner delete it, after asking", async () => {
    world.user = "ada";
    world.add(2);
    visit("/pictures/1");
    await user.click(await screen.findByRole("button", { name: "Delete" }));
    expect(screen.getByRole("button", { name: "Keep it" })).toHaveFocus();
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Yes, delete" }));
    expect(await screen.findByRole("link", { name: /Picture 2/ })).toBeVisible();
    expect(window.location.pathname).toBe("/");
    expect(world.pictures.map(({ id }) => id)).toEqual(["2"]);
  });

  test("is left by the browser's back button", async () => {
    world.add(1);
    visit("/");
    await user.click(await screen.findByRole("link", { name: /Picture 1/ }));
    expect(await screen.findByRole("heading", { level: 1, name: "Picture 1" })).toHaveFocus();
    act(() => window.history.back());
    expect(await screen.findByRole("heading", { level: 1, name: "Pictures" })).toHaveFocus();
  });
});

describe("accounts", () => {
  const fill = async (name: string, password: string, button: string) => {
    await user.clear(screen.getByLabelText("User name"));
    await user.type(screen.getByLabelText("User name"), name);
    await user.clear(screen.getByLabelText("Password"));
    await user.type(screen.getByLabelText("Password"), password);
    await user.click(screen.getByRole("button", { name: button }));
  };

  test("log in, come back to where one was going, and log out", async () => {
    visit("/login?next=/upload");
    await fill("ada", "wrong", "Log in");
    expect(await screen.findByText("That user name and password do not belong together.")).toBeVisible();
    await expectAccessible();
    await fill("ada", "secret", "Log in");
    expect(await screen.findByRole("heading", { name: "Upload a picture" })).toHaveFocus();
    expect(within(screen.getByRole("navigation")).getByText("ada")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Log out" }));
    expect(await screen.findByRole("link", { name: "Log in" })).toBeVisible();
    expect(world.user).toBeNull();
  });

  test.each(["//evil.example", "https://evil.example", "/\\evil.example"])("next=%s leads to the front page", async (next) => {
    world.user = "ada";
    visit(`/login?next=${encodeURIComponent(next)}`);
    await waitFor(() => expect(window.location.href).toBe("https://gallery.test/"));
  });

  test("sign up, with what is wrong said beside the field", async () => {
    visit("/signup");
    await fill("ada", "a good one", "Sign up");
    expect(await screen.findByLabelText("User name")).toHaveAccessibleDescription("A user with that username already exists.");
    expect(screen.getByLabelText("User name")).toHaveFocus();
    await expectAccessible();
    await fill("grace", "a good one", "Sign up");
    await waitFor(() => expect(world.user).toBe("grace"));
    await waitFor(() => expect(window.location.pathname).toBe("/"));
  });

  test("no sign-up where the API has none", async () => {
    world.signUp = false;
    visit("/signup");
    expect(await screen.findByText(/New accounts are made by/)).toBeVisible();
    expect(screen.queryByRole("link", { name: "Sign up" })).toBeNull();
  });
});

describe("upload", () => {
  const file = new File(["not empty"], "Paper_boat.png", { type: "image/png" });

  const choose = async (chosen = file) => {
    await user.upload(await screen.findByLabelText(/^Choose /), chosen);
    await user.click(screen.getByRole("button", { name: "Upload" }));
  };

  beforeEach(() => {
    world.user = "ada";
  });

  test("goes straight to the bucket with progress, is confirmed, and appears on the front page", async () => {
    world.add(1);
    visit("/upload");
    await choose();
    await waitFor(() => expect(world.uploads).toHaveLength(1));
    const upload = world.uploads[0];
    expect(world.to("POST /api/pictures")[0]?.data).toEqual({ title: "Paper boat", filename: "Paper_boat.png", content_type: "image/png", size: 9 });
    expect([...(upload?.form.keys() ?? [])]).toEqual(["key", "policy", "file"]); // S3 ignores what follows the file.
    act(() => upload?.progress(0.42));
    expect(screen.getByRole("progressbar", { name: "Uploading, 42 %" })).toHaveValue(42);
    await expectAccessible();
    act(() => upload?.finish());
    expect(await screen.findByRole("link", { name: "Paper boat by ada Being prepared…" })).toBeVisible();
    expect(world.to("POST /api/pictures/new-1/confirm")).toHaveLength(1);
  });

  test("can be cancelled, and leaves nothing behind", async () => {
    visit("/upload");
    await choose();
    await user.click(await screen.findByRole("button", { name: "Cancel" }));
    expect(await screen.findByRole("button", { name: "Upload" })).toHaveFocus();
    expect(world.uploads[0]?.aborted).toBe(true);
    expect(screen.queryByText(/went wrong/)).toBeNull();
    await waitFor(() => expect(world.pictures).toEqual([]));
  });

  test("says what the storage refused, and can be tried again", async () => {
    world.bucket = { status: 400, body: "<Error><Code>EntityTooLarge</Code></Error>" };
    visit("/upload");
    await choose();
    await waitFor(() => expect(world.uploads).toHaveLength(1));
    act(() => world.uploads[0]?.finish());
    expect(await screen.findByText("That file is too large.")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Upload" }));
    await waitFor(() => expect(world.uploads).toHaveLength(2));
    act(() => world.uploads[1]?.drop());
    expect(await screen.findByText(/can't be reached/)).toBeVisible();
  });

  test("shows what the API says about the file beside it", async () => {
    world.fail("POST /api/pictures", () => json(400, { size: ["Ensure this value is less than or equal to 26214400."] }));
    visit("/upload");
    await choose();
    expect(await screen.findByText("That file is too large.")).toBeVisible();
    expect(screen.getByLabelText(/Choose another picture/)).toHaveAccessibleDescription("Paper_boat.png, 1 kB That file is too large.");
  });

  test("refuses an empty form, another format and an empty file without asking the API", async () => {
    visit("/upload");
    await user.click(await screen.findByRole("button", { name: "Upload" }));
    expect(screen.getByText("Choose a picture first.")).toBeVisible();
    expect(screen.getByLabelText(/Choose a picture/)).toHaveFocus();
    const drawing = new File(["<svg/>"], "drawing.svg", { type: "image/svg+xml" });
    await userEvent.setup({ applyAccept: false }).upload(screen.getByLabelText(/Choose a picture/), drawing); // Dropped.
    expect(screen.getByText("That is not a JPEG, PNG, WebP or GIF picture.")).toBeVisible();
    await choose(new File([], "empty.png", { type: "image/png" }));
    expect(screen.getByText("That file is empty.")).toBeVisible();
    expect(world.to("POST /api/pictures")).toEqual([]);
  });

  test("asks to log in when the session has ended", async () => {
    visit("/upload");
    await screen.findByText("ada");
    world.user = null;
    await choose();
    expect(await screen.findByText("You need to be logged in for this.")).toBeVisible();
    await expectAccessible();
  });

  test.each([
    ["IMG_2041 sunset.jpeg", "IMG 2041 sunset"],
    ["kite", "kite"],
    ["a.b.png", "a.b"],
  ])("%s suggests the title %s", (filename, title) => {
    expect(titleFrom(filename)).toBe(title);
  });
});

test("an unknown address leads back", async () => {
  visit("/nowhere");
  expect(screen.getByRole("link", { name: "Go to the pictures." })).toHaveAttribute("href", "/");
  await expectAccessible();
});
