/** Groups that hold nothing yet: made, and taken away. */

import { signal } from "@preact/signals";

import { ask } from "../ask/ask";
import { TextField } from "../parts/bound";
import { idPath } from "./definitions";
import { proposeForApp } from "./propose";

const PART = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;

export function proposeGroup(): void {
  const id = signal("");
  const path = () => id.value.trim().replace(/^\//, "");
  proposeForApp({
    title: "New group",
    Effect: () => (
      <>
        <TextField label="Id" held={id} placeholder="/shop" />
        <p>Makes a group without apps. Groups above it are made where they are missing.</p>
      </>
    ),
    confirm: "Create",
    problem: () =>
      id.value &&
      !path()
        .split("/")
        .every((part) => PART.test(part))
        ? "An id has small letters, digits, dots and dashes, its parts divided by slashes."
        : undefined,
    send: (force) => ask("POST", `marathon/v2/groups?force=${force}`, { id: `/${path()}` }),
    said: () => `The group /${path()} is there`,
  });
}

export function proposeDeleteGroup(id: string): void {
  proposeForApp({
    title: `Delete ${id}`,
    Effect: () => <p>Deletes the group, which holds no app. Nothing that runs is touched.</p>,
    confirm: "Delete",
    danger: true,
    send: (force) => ask("DELETE", `marathon/v2/groups${idPath(id)}?force=${force}`),
    said: () => `The group ${id} is deleted`,
  });
}
