/** Addresses as ours are written, and as people write them. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { appIdIn, appPath } from "../../src/model/places";
import { parsePlace } from "../../src/shell/router";

test("the address of an app leads back to its id", () => {
  assert.equal(appIdIn(parsePlace(appPath("/shop/web"), "").parts.slice(1)), "/shop/web");
});

test("an id may be typed with its slashes", () => {
  assert.equal(appIdIn(parsePlace("/ui/apps/shop/web", "").parts.slice(1)), "/shop/web");
});
