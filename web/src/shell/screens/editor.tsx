/** The editor of apps, which has the parser of JSON. */

import "../common";

import { EditorScreen } from "../../apps/editor/editor_screen";
import type { Screens } from "../screens";

export const SCREENS: Screens = {
  apps: (id, verb) => (verb === "edit" ? <EditorScreen key={`${id}/edit`} id={id} /> : <EditorScreen key="new" />),
};
