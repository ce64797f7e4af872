import { expect, test } from "vitest";

import { decodeExif, decodePicturePage } from "./types";

test.each([
  ["https://api.example.org/api/pictures?cursor=cD0y&page_size=24", "cD0y"],
  ["/api/pictures?cursor=cD0y", "cD0y"],
  ["cD0y", "cD0y"],
  ["", null],
  [null, null],
])("next %j leads to the cursor %j", (next, cursor) => {
  expect(decodePicturePage({ results: [], next }).next).toBe(cursor);
});

test("EXIF becomes a flat list of texts without what is empty", () => {
  const exif = { Make: "FUJIFILM ", GPS: { Latitude: [52, 30, 0] }, Flash: false, Note: "", Nothing: null };
  expect(decodeExif(exif)).toEqual([
    { tag: "Make", value: "FUJIFILM" },
    { tag: "Latitude", value: "52, 30, 0" },
    { tag: "Flash", value: "false" },
  ]);
  expect(decodeExif(null)).toEqual([]);
});
