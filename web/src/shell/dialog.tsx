/** Orders that are stated before they are given: what will happen, the button that does it, and the server's refusal in place. */

import { signal, useSignal } from "@preact/signals";
import type { ComponentChildren, VNode } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";

import type { Answer } from "../ask/ask";
import { TextField } from "../parts/bound";
import { Icon } from "../parts/icon";
import { notify } from "./notices";

export interface Order {
  readonly title: string;
  /** What will happen, and the fields of the order; a function is drawn as a component, so it may use signals and hooks. */
  readonly body: VNode | string | (() => VNode);
  /** The word on the button: "Drain", "Kill 3 tasks". */
  readonly confirm: string;
  readonly danger?: boolean;
  /** What must be typed before it can be done: for what nobody can take back. Read when the dialog draws. */
  readonly typed?: string | (() => string | undefined);
  /** Why it can't be done yet: a field that is wrong. */
  readonly problem?: () => string | undefined;
  /** Whether the body itself says at a field what is wrong now, so that it need not be said at the foot. */
  readonly isSaidAtField?: () => boolean;
  /** Do it. The dialog closes when it is ok, and shows the error otherwise. */
  readonly act: () => Promise<Answer<unknown>>;
  /** What has been done, for a notice: "node-1 drains". */
  readonly said?: () => string;
  readonly done?: (body: unknown) => void;
}

const current = signal<Order | undefined>(undefined);

/** Ask the person whether this is to be done. */
export function propose(order: Order): void {
  current.value = order;
}

/** The dialog of the current order; once, in the frame. */
export function OrderDialog() {
  const order = current.value;
  if (order === undefined) return null;
  return <OrderForm key={order} order={order} />;
}

function close(order: Order): void {
  if (current.peek() === order) current.value = undefined;
}

/** An order on its way: whether it is, what it was refused with, and how it is sent. */
function useSending(order: Order) {
  const isPending = useSignal(false);
  const refusal = useSignal("");
  const submit = async (event: Event) => {
    event.preventDefault();
    isPending.value = true;
    refusal.value = "";
    const answer = await order.act();
    isPending.value = false;
    if (!answer.ok) {
      refusal.value = answer.error.message;
      return;
    }
    close(order);
    if (order.said) notify({ text: order.said(), tone: "good" });
    order.done?.(answer.body);
  };
  return { isPending, refusal, submit };
}

function OrderForm({ order }: { order: Order }) {
  const typed = useSignal("");
  const { isPending, refusal, submit } = useSending(order);
  const wanted = typeof order.typed === "function" ? order.typed() : order.typed;
  const problem = order.problem?.();
  const isBlocked = isPending.value || !!problem || (wanted !== undefined && typed.value !== wanted);
  const leave = () => close(order);
  const forget = () => {
    refusal.value = "";
  };
  const Body = order.body;
  return (
    <Dialog title={order.title} onClose={leave}>
      <form onSubmit={submit} onInput={forget} class="stack">
        {typeof Body === "function" ? <Body /> : Body}
        {wanted !== undefined && <TextField label={<Warning wanted={wanted} />} held={typed} />}
        <Refusal text={order.isSaidAtField?.() ? undefined : problem || refusal.value} />
        <footer>
          <button type="button" onClick={leave}>
            Cancel
          </button>
          <button type="submit" class={order.danger ? "danger" : "primary"} disabled={isBlocked}>
            {isPending.value ? "Working …" : order.confirm}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

function Refusal({ text }: { text: string | undefined }) {
  return (
    <p class="refusal tone-bad" role="alert" id="refusal">
      {text && <Icon name="alert" />} {text}
    </p>
  );
}

function Warning({ wanted }: { wanted: string }) {
  return (
    <>
      This can't be undone. Type <code>{wanted}</code> to go on.
    </>
  );
}

let watch: MutationObserver | undefined;

/** Focus what had it before. Where that goes, as the button of an order does that was carried out: the heading. */
function giveBack(before: HTMLElement): void {
  const look = () => {
    if (before.isConnected) return;
    watch?.disconnect();
    if (document.activeElement === document.body) document.querySelector<HTMLElement>("main h1")?.focus();
  };
  watch?.disconnect();
  watch = new MutationObserver(look);
  watch.observe(document.body, { childList: true, subtree: true });
  before.focus();
  look();
}

/** A modal dialog that is open while its component is in the page, and gives the focus back.
 *
 * By layout effects: passive ones end after the dialog is gone from the page, and by then somebody may have moved on.
 */
export function useModal() {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    const element = dialog.current;
    element?.showModal();
    return () => {
      // While it is open nothing outside of it can have the focus.
      element?.close();
      if (before instanceof HTMLElement) giveBack(before);
    };
  }, []);
  return dialog;
}

/** A modal dialog: keeps the focus, closes with Esc, gives the focus back. */
export function Dialog(props: { title: string; wide?: boolean; onClose: () => void; children: ComponentChildren }) {
  const dialog = useModal();
  const id = useId();
  return (
    <dialog ref={dialog} class={props.wide ? "wide" : ""} aria-labelledby={id} onClose={props.onClose}>
      <header>
        <h2 id={id}>{props.title}</h2>
        <button type="button" class="plain icon" aria-label="Close" onClick={props.onClose}>
          <Icon name="cross" />
        </button>
      </header>
      {props.children}
    </dialog>
  );
}
