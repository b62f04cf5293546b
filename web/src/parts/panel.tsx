/** A part of a screen with a heading, the screen itself, and facts by name. */

import type { ComponentChildren } from "preact";
import { useEffect, useId } from "preact/hooks";

export interface ScreenProps {
  /** The heading, and the title of the document. */
  readonly title: string;
  /** What stands above the heading: where one came from. */
  readonly up?: { readonly href: string; readonly label: string };
  /** Beside the heading: a state, a count. */
  readonly beside?: ComponentChildren;
  /** Buttons. */
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** Headings of more letters are set smaller: ids of tasks have fifty. */
const LONG = 40;

/** Each screen is one of these; the frame moves the focus to its heading when one comes here. */
export function Screen({ title, up, beside, actions, children }: ScreenProps) {
  useEffect(() => {
    document.title = `${title} · Koinon`;
  }, [title]);
  return (
    <div class="screen">
      <header class="screen-head">
        {up && (
          <nav aria-label="Above">
            <a href={up.href}>{up.label}</a>
          </nav>
        )}
        <div class="row">
          <h1 tabIndex={-1} class={title.length > LONG ? "long" : undefined}>
            {title}
          </h1>
          {beside}
          {actions && <div class="actions">{actions}</div>}
        </div>
      </header>
      {children}
    </div>
  );
}

/** A surface with a heading. `actions` stand at its right. `flush` leaves no space around its content: for tables. */
export function Panel(props: {
  title: string;
  actions?: ComponentChildren;
  flush?: boolean;
  children: ComponentChildren;
}) {
  const id = useId();
  return (
    <section class={props.flush ? "panel flush" : "panel"} aria-labelledby={id}>
      <header>
        <h2 id={id}>{props.title}</h2>
        {props.actions && <div class="actions">{props.actions}</div>}
      </header>
      <div class="panel-body">{props.children}</div>
    </section>
  );
}

export type Fact = readonly [name: string, value: ComponentChildren];

/** Facts by name; one without a value is left out. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl class="facts">
      {facts
        .filter(([, value]) => value || value === 0)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
