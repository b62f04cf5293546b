/** Begins everything, once. */

import "./shell/common";

import { render } from "preact";

import { followRights } from "./ask/rights";
import { openLink } from "./live/live";
import { startTicking } from "./parts/age";
import { fetchAll } from "./parts/part";
import { Frame } from "./shell/frame";
import { FRAME_KEYS } from "./shell/help";
import { addKeys, listenToKeys } from "./shell/keys";
import { followLinks } from "./shell/router";
import { prepareScreen } from "./shell/routes";
import { followTheme } from "./shell/theme";

followTheme();
followLinks(prepareScreen);
addKeys(FRAME_KEYS);
listenToKeys();
startTicking();
openLink();
followRights();
const root = document.getElementById("root");
if (root !== null) render(<Frame />, root);
window.addEventListener("load", () => void fetchAll());
