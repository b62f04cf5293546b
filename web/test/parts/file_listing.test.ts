import assert from "node:assert/strict";
import test from "node:test";

import { bytesInWords, crumbs, type FileEntry, joinPath, listed, nameOf } from "../../src/parts/file_listing";

const entry = (path: string, mode: string): FileEntry => ({ path, mode, size: 1, mtime: 0, uid: "root" });

test("folders come first, and numbers in names count", () => {
  const entries = [entry("/s/log.10", "-rw"), entry("/s/log.2", "-rw"), entry("/s/z", "drwx")];

  assert.deepEqual(
    ["z", "log.2", "log.10"],
    listed(entries).map((one) => nameOf(one.path)),
  );
});

test("each part of a path leads to its folder", () => {
  assert.deepEqual(
    [
      { name: "sandbox", below: "" },
      { name: "a", below: "a" },
      { name: "b", below: "a/b" },
    ],
    crumbs("a/b"),
  );
});

test("the root is the path below which nothing is", () => {
  assert.deepEqual(["/s", "/s/a"], [joinPath("/s", ""), joinPath("/s", "a")]);
});

test("sizes are in words", () => {
  assert.deepEqual(["0 B", "1023 B", "1.5 KiB", "100 MiB"], [0, 1023, 1536, 104857600].map(bytesInWords));
});
