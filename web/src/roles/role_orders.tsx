/** The orders about a role's weight and quota, each with its effect stated before it is given. */

import { type Signal, signal } from "@preact/signals";

import { tellMaster } from "../agents/agent_dialogs";
import { useTable } from "../live/live";
import { percentText, resourceNames } from "../model/amounts";
import type { RoleRow } from "../model/rows";
import { TextField, Tick } from "../parts/bound";
import { Icon } from "../parts/icon";
import { propose } from "../shell/dialog";
import {
  quotaCall,
  type QuotaFault,
  quotaFault,
  type QuotaForm,
  quotaText,
  refusedQuota,
  shareWithWeight,
  weightCall,
  weightProblem,
} from "./role_rules";

/** Ask for another weight. */
export function proposeWeight(row: RoleRow): void {
  const typed = signal(String(row.weight));
  propose({
    title: `Weight of ${row.role}`,
    body: () => <WeightBody row={row} typed={typed} />,
    confirm: "Set weight",
    problem: () => weightProblem(typed.value),
    act: () => tellMaster(weightCall(row.role, Number(typed.value))),
    said: () => `${row.role} has weight ${typed.value}`,
  });
}

function WeightBody({ row, typed }: { row: RoleRow; typed: Signal<string> }) {
  const rows = useTable("roles").rows;
  const share = shareWithWeight(rows.values(), row.role, Number(typed.value) || row.weight);
  return (
    <>
      <TextField
        label="Weight"
        held={typed}
        inputMode="decimal"
        aria-invalid={weightProblem(typed.value) !== undefined}
        aria-describedby="refusal"
      />
      <p>
        Beside the roles that want something now it comes to {percentText(share)} of what they share. All outstanding
        offers are taken back and made anew.
      </p>
    </>
  );
}

/** Ask for another quota. */
export function proposeQuota(row: RoleRow): void {
  const text = (amounts: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(amounts).map(([name, value]) => [name, String(value)]));
  const form = signal<QuotaForm>({ guarantees: text(row.guarantees), limits: text(row.limits) });
  const force = signal(false);
  const refusal = signal("");
  const fault = () => quotaFault(form.value) ?? (refusal.value ? refusedQuota(refusal.value, form.value) : undefined);
  propose({
    title: `Quota of ${row.role}`,
    body: () => (
      <div class="stack" onInput={() => (refusal.value = "")}>
        <QuotaBody row={row} form={form} force={force} fault={fault()} />
      </div>
    ),
    confirm: "Set quota",
    problem: () => quotaFault(form.value)?.text,
    isSaidAtField: () => (fault()?.fields.length ?? 0) > 0,
    act: async () => {
      const answer = await tellMaster(quotaCall(row.role, form.value, force.value));
      if (!answer.ok) refusal.value = answer.error.message;
      return answer;
    },
    said: () => `The quota of ${row.role} is set`,
  });
}

/** Ask whether a quota is to go. */
export function proposeNoQuota(row: RoleRow): void {
  propose({
    title: `Remove the quota of ${row.role}?`,
    body: (
      <p>
        It has {quotaText(row)}. Nothing more is kept free for it, and nothing but its share limits it from then on; its
        tasks go on.
      </p>
    ),
    confirm: "Remove quota",
    act: () => tellMaster(quotaCall(row.role, { guarantees: {}, limits: {} }, false)),
    said: () => `${row.role} has no quota any more`,
  });
}

interface QuotaFields {
  readonly form: Signal<QuotaForm>;
  /** What is wrong now, beneath the first field that it is about. */
  readonly fault: QuotaFault | undefined;
}

function QuotaBody({ row, force, ...fields }: QuotaFields & { row: RoleRow; force: Signal<boolean> }) {
  const names = resourceNames({ cpus: 0, mem: 0, disk: 0, gpus: 0 }, row.guarantees, row.limits);
  return (
    <>
      <p class="muted">
        What is guaranteed is kept free for the role; a limit is what it may have at most. Empty: none. Memory and disk
        in MiB. Offers that stand in the way are taken back.
      </p>
      <div class="quota-form">
        <span />
        <span>Guarantee</span>
        <span>Limit</span>
        {names.map((name) => (
          <QuotaLine key={name} name={name} {...fields} />
        ))}
      </div>
      <Tick held={force}>
        Even where the cluster has less than is guaranteed, or the role holds more than its limit
      </Tick>
    </>
  );
}

function QuotaLine({ name, form, fault }: QuotaFields & { name: string }) {
  const isAt = (label: string) => fault?.fields.includes(`${label} of ${name}`) ?? false;
  const field = (column: "guarantees" | "limits", label: string) => (
    <input
      aria-label={`${label} of ${name}`}
      aria-invalid={isAt(label)}
      aria-describedby={isAt(label) ? "quota-fault" : undefined}
      inputMode="decimal"
      value={form.value[column][name] ?? ""}
      onInput={(event) => {
        const fields = { ...form.value[column], [name]: event.currentTarget.value };
        form.value = { ...form.value, [column]: fields };
      }}
    />
  );
  return (
    <>
      <span>{name}</span>
      {field("guarantees", "Guarantee")}
      {field("limits", "Limit")}
      {fault?.fields[0]?.endsWith(` of ${name}`) && (
        <p id="quota-fault" class="refusal tone-bad" role="alert">
          <Icon name="alert" /> {fault.text}
        </p>
      )}
    </>
  );
}
