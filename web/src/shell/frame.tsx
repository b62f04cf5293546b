/** The frame around every screen: navigation, the link's mark, the search, notices and dialogs. */

import { useEffect, useRef } from "preact/hooks";

import { Icon } from "../parts/icon";
import { OrderDialog } from "./dialog";
import { KeysDialog } from "./help";
import { JumpBox, openJump } from "./jump";
import { LinkMark } from "./link_mark";
import { Navigation } from "./navigation";
import { Notices } from "./notices";
import { isComing, place } from "./router";
import { showScreen } from "./routes";
import { switchTheme, theme } from "./theme";

export function Frame() {
  const parts = place.value.parts;
  const isFirst = useRef(true);
  const where = parts.join("/");
  useEffect(() => {
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    window.scrollTo(0, scrolledBefore());
    document.querySelector("h1")?.focus({ preventScroll: true });
  }, [where]);
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <TopBar />
      <Navigation />
      <main id="main" tabIndex={-1} aria-busy={isComing.value}>
        {showScreen(parts)}
      </main>
      <Notices />
      <OrderDialog />
      <JumpBox />
      <KeysDialog />
    </>
  );
}

/** The address stays as it is: the router would take another for another screen. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

/** How far the page was scrolled when this entry of the history was left; 0 for one that is new. */
function scrolledBefore(): number {
  const scrolled = (history.state as { scrolled?: unknown } | null)?.scrolled;
  return typeof scrolled === "number" ? scrolled : 0;
}

function TopBar() {
  const isDark = theme.value === "dark";
  return (
    <header class="top">
      <a class="brand" href="/ui/cluster">
        <svg viewBox="0 0 16 16" width="20" height="20" aria-hidden="true">
          <circle cx="8" cy="3.6" r="2" />
          <circle cx="3.6" cy="11.2" r="2" />
          <circle cx="12.4" cy="11.2" r="2" />
          <path d="M8 3.6L3.6 11.2h8.8z" />
        </svg>
        Koinon
      </a>
      <button type="button" class="finder" onClick={openJump}>
        <Icon name="search" />
        <span class="grow">Find anything</span>
        <kbd>/</kbd>
      </button>
      <span class="grow" />
      <LinkMark />
      <button
        type="button"
        class="plain icon"
        aria-label={`Switch to the ${isDark ? "light" : "dark"} theme`}
        onClick={switchTheme}
      >
        <Icon name={isDark ? "sun" : "moon"} />
      </button>
    </header>
  );
}
