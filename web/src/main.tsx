/** Begins everything, once. */

import { render } from "preact";

import { openLink } from "./live/live";
import { startTicking } from "./parts/age";
import { Frame } from "./shell/frame";
import { listenToKeys } from "./shell/keys";
import { followLinks } from "./shell/router";
import { followTheme } from "./shell/theme";

followTheme();
followLinks();
listenToKeys();
startTicking();
openLink();
const root = document.getElementById("root");
if (root !== null) render(<Frame />, root);
