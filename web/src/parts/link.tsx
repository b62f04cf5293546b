/** Links to addresses that came from outside: followed only where they are http or https, text otherwise. */

import type { ComponentChildren } from "preact";

import { safeHref } from "../model/links";
import { Icon } from "./icon";

export function SafeLink({ href, children }: { href: string | undefined; children?: ComponentChildren }) {
  const address = safeHref(href);
  if (address === undefined) return <span class="wrap">{children ?? href}</span>;
  return (
    <a href={address} target="_blank" rel="noopener noreferrer">
      {children ?? href} <Icon name="out" />
      <span class="hidden-text"> (opens another page)</span>
    </a>
  );
}
