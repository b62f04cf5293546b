/** The form side: fields over the JSON text of a document. */

import type { Signal } from "@preact/signals";
import { useId, useMemo } from "preact/hooks";

import { useTable } from "../../live/live";
import { Icon } from "../../parts/icon";
import { append, type Document, membersAt, nameOf, rawAt, remove, rename, show, showName, type } from "./document";
import { type FormField, type ListField, type MapField, SECTIONS } from "./form_fields";
import type { Path } from "./json_text";

/** What the server says of a field, by the name of its path. */
export type Said = ReadonlyMap<string, string>;

interface Side {
  readonly document: Signal<Document>;
  readonly said: Said;
}

/** All sections; those without anything in them are folded. */
export function Form({ isNew, ...side }: Side & { isNew: boolean }) {
  const prefix = useId();
  return (
    <form class="app-form" onSubmit={(event) => event.preventDefault()}>
      <Suggestions prefix={prefix} />
      {SECTIONS.map(({ title, fields }, index) => {
        const isUsed = fields.some(({ path }) =>
          rawAt(side.document.peek().original, path)?.replace(/^(\[\]|\{\})$/, ""),
        );
        const hasProblem = fields.some(({ path }) =>
          [...side.said.keys()].some((name) => name.startsWith(nameOf(path))),
        );
        return (
          <details key={title} class="panel" open={index === 0 || hasProblem || (isNew ? index === 1 : isUsed)}>
            <summary>
              <h2>{title}</h2>
            </summary>
            <div class="fields">
              {fields.map((field) => {
                const key = nameOf(field.path);
                if (field.kind === "list") return <List key={key} field={field} {...side} prefix={prefix} />;
                if (field.kind === "map") return <Names key={key} field={field} {...side} />;
                return <Labelled key={key} field={field} {...side} prefix={prefix} />;
              })}
            </div>
          </details>
        );
      })}
    </form>
  );
}

interface InputProps extends Side {
  readonly field: FormField;
  readonly prefix?: string;
}

/** One field, with what is wrong beneath it. That is no part of the label: a field's name stays what it is. */
function Labelled({ field, document, said, prefix }: InputProps) {
  const name = nameOf(field.path);
  const shown = show(document.value, field);
  const problem =
    shown.problem ?? said.get(name) ?? (shown.isForeign ? "the JSON has something else here: change it there" : "");
  const isFlag = field.kind === "flag";
  const label = <label for={`field-${name}`}>{field.label}</label>;
  const input = (
    <Input
      field={field}
      shown={shown}
      problem={problem}
      list={field.suggest && `${prefix}-${field.suggest}`}
      change={(typed) => {
        document.value = type(document.peek(), field, typed);
      }}
    />
  );
  return (
    <div class={isFlag ? "box" : `stack-field${field.isWide ? " wide" : ""}`}>
      {isFlag && input}
      {label}
      {!isFlag && input}
      <Problem id={`problem-${name}`} text={problem} />
    </div>
  );
}

/** What is wrong, if anything is. */
function Problem({ id, text }: { id?: string; text: string | undefined }) {
  if (!text) return null;
  return (
    <small id={id} class="tone-bad wrap">
      {text}
    </small>
  );
}

interface Control {
  readonly field: FormField;
  readonly shown: ReturnType<typeof show>;
  readonly problem: string;
  readonly list: string | undefined;
  readonly change: (typed: string) => void;
}

function Input({ field, shown, problem, list, change }: Control) {
  const name = nameOf(field.path);
  const common = {
    id: `field-${name}`,
    "data-field": name,
    "aria-invalid": problem !== "" && !shown.isForeign,
    "aria-describedby": problem ? `problem-${name}` : undefined,
    disabled: shown.isForeign,
    placeholder: field.hint,
    spellcheck: false,
    autocomplete: "off",
    onInput: (event: Event & { currentTarget: { value: string } }) => change(event.currentTarget.value),
  } as const;
  if (field.kind === "flag") {
    const tick = (event: Event & { currentTarget: { checked: boolean } }) => change(`${event.currentTarget.checked}`);
    return <input {...common} type="checkbox" checked={shown.typed === "true"} onInput={tick} />;
  }
  if (field.kind === "choice") return <Choices {...common} choices={field.choices ?? []} value={shown.typed} />;
  if (field.kind === "lines" || name === "cmd")
    return <textarea {...common} rows={shown.typed.split("\n").length} value={shown.typed} />;
  return <input {...common} inputMode={field.kind === "number" ? "decimal" : "text"} list={list} value={shown.typed} />;
}

/** A word that no choice names stays choosable; nothing said is the first of them. */
function Choices({ choices, value, ...rest }: { choices: readonly string[]; value: string; "data-field": string }) {
  const known = choices.includes(value) || value === "" ? choices : [value, ...choices];
  return (
    <select {...rest} value={value === "" ? choices[0] : value}>
      {known.map((each) => (
        <option key={each} value={each} selected={each === (value || choices[0])}>
          {each || "the agent itself"}
        </option>
      ))}
    </select>
  );
}

function List({ field, document, said, prefix }: Side & { field: ListField; prefix: string }) {
  const rows = membersAt(document.value, field.path);
  return (
    <fieldset class="wide" data-field={nameOf(field.path)} tabIndex={-1}>
      <legend>{field.label}</legend>
      <Problem text={said.get(nameOf(field.path))} />
      {rows.map(({ key }) => (
        <div key={key} class="form-row">
          {field.columns.map((column) => {
            const path: Path = [...field.path, key, ...column.path];
            return (
              <Labelled
                key={nameOf(column.path)}
                field={{ ...column, path }}
                document={document}
                said={said}
                prefix={prefix}
              />
            );
          })}
          <Remove document={document} path={[...field.path, key]} what={`${field.label} ${Number(key) + 1}`} />
        </div>
      ))}
      <Add
        label={field.label}
        add={() => append(document.peek(), [...field.path, rows.length], field.fresh)}
        document={document}
      />
    </fieldset>
  );
}

function Names({ field, document, said }: Side & { field: MapField }) {
  const rows = membersAt(document.value, field.path);
  return (
    <fieldset class="wide" data-field={nameOf(field.path)} tabIndex={-1}>
      <legend>{field.label}</legend>
      <Problem text={said.get(nameOf(field.path))} />
      {rows.map(({ key }, index) => {
        const path = [...field.path, key];
        return (
          <div key={index} class="form-row pair">
            <NameField document={document} path={path} index={index} />
            <Labelled
              field={{ path, label: "Value", kind: "text", keepsEmpty: true }}
              document={document}
              said={said}
            />
            <Remove document={document} path={path} what={String(key)} />
          </div>
        );
      })}
      <Add
        label={field.label}
        isFull={rows.some(({ key }) => key === "")}
        add={() => append(document.peek(), [...field.path, ""], '""')}
        document={document}
      />
    </fieldset>
  );
}

/** The name of a member, which is changed in place. */
function NameField({ document, path, index }: { document: Signal<Document>; path: Path; index: number }) {
  const { typed, problem } = showName(document.value, path, index);
  const id = `name-${nameOf(path)}`;
  return (
    <div class="stack-field">
      <label for={id}>Name</label>
      <input
        id={id}
        value={typed}
        aria-invalid={problem !== undefined}
        aria-describedby={problem ? `problem-${id}` : undefined}
        spellcheck={false}
        onInput={(event) => {
          document.value = rename(document.peek(), path, index, event.currentTarget.value);
        }}
      />
      <Problem id={`problem-${id}`} text={problem} />
    </div>
  );
}

function Remove({ document, path, what }: { document: Signal<Document>; path: Path; what: string }) {
  const press = () => {
    document.value = remove(document.peek(), path);
  };
  return (
    <button type="button" class="plain icon" aria-label={`Remove ${what}`} title="Remove" onClick={press}>
      <Icon name="cross" />
    </button>
  );
}

function Add(props: { label: string; isFull?: boolean; add: () => Document; document: Signal<Document> }) {
  const press = () => {
    props.document.value = props.add();
  };
  return (
    <button type="button" disabled={props.isFull} aria-label={`Add to ${props.label}`} onClick={press}>
      <Icon name="plus" /> Add
    </button>
  );
}

/** Words that the cluster knows: names of agents' attributes, ids of apps. */
function Suggestions({ prefix }: { prefix: string }) {
  const agents = useTable("agents");
  const apps = useTable("apps");
  const names = useMemo(
    () => [
      ...new Set([
        "hostname",
        "@region",
        "@zone",
        ...[...agents.rows.values()].flatMap(({ attributes }) => Object.keys(attributes)),
      ]),
    ],
    [agents.version],
  );
  const words = { attributes: names, apps: [...apps.rows.keys()] };
  return (
    <>
      {Object.entries(words).map(([kind, each]) => (
        <datalist key={kind} id={`${prefix}-${kind}`}>
          {each.slice(0, 500).map((word) => (
            <option key={word} value={word} />
          ))}
        </datalist>
      ))}
    </>
  );
}
