import { beforeEach, expect, test } from "vitest";

import { Api } from "../api/client";
import { API, World } from "../test/world";
import { Gallery } from "./gallery";

let world: World;
let gallery: Gallery;
const signal = new AbortController().signal;

beforeEach(() => {
  world = new World();
  gallery = new Gallery(new Api(API));
});

const ids = () => gallery.current().pictures.map(({ id }) => id);

test("a picture that moved to the next page meanwhile is shown once", async () => {
  world.add(8);
  await gallery.load();
  world.pictures.unshift({ id: "new", title: "New", owner: "ada", status: "ready" });
  await gallery.loadMore();
  expect(ids()).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
});

test("coming back shows what is new in front and keeps the rest", async () => {
  world.add(8);
  await gallery.load();
  await gallery.loadMore();
  world.pictures.unshift({ id: "new", title: "New", owner: "ada", status: "ready" });
  await gallery.load();
  expect(ids()).toEqual(["new", "1", "2", "3", "4", "5", "6", "7", "8"]);
});

test("only pages on which a worker is busy are read again", async () => {
  world.add(8);
  const busy = world.pictures[6];
  if (busy !== undefined) busy.status = "processing";
  await gallery.load();
  await gallery.loadMore();
  world.calls.length = 0;
  if (busy !== undefined) busy.status = "ready";
  await gallery.refresh(signal);
  expect(world.calls).toHaveLength(1);
  expect(gallery.find("7")?.status).toBe("ready");
  await gallery.refresh(signal);
  expect(world.calls).toHaveLength(1);
});

test("a busy picture that new ones pushed off its page is asked for by itself", async () => {
  world.add(4, { status: "processing" });
  await gallery.load();
  for (const id of ["a", "b"]) world.pictures.unshift({ id, title: id, owner: "ada", status: "ready" });
  for (const picture of world.pictures) picture.status = "ready";
  world.pictures = world.pictures.filter(({ id }) => id !== "4");
  await gallery.refresh(signal);
  expect(ids()).toEqual(["b", "a", "1", "2", "3"]); // 4 was deleted.
  expect(gallery.current().pictures.every(({ status }) => status === "ready")).toBe(true);
});

test("a finished picture keeps its signed address, so that it is not loaded again", async () => {
  world.add(1);
  await gallery.load();
  const before = gallery.find("1")?.thumbnails;
  await gallery.load();
  expect(gallery.find("1")?.thumbnails).toEqual(before);
  await gallery.renewThumbnails("1");
  expect(gallery.find("1")?.thumbnails).not.toEqual(before);
});

test("an answer for the visitor before the log-in is dropped", async () => {
  world.add(1, { title: "Private" });
  const reading = gallery.load();
  gallery.reset();
  await reading;
  expect(gallery.current()).toMatchObject({ phase: "new", pictures: [] });
});
