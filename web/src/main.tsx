import { signal } from "@preact/signals";
import { render } from "preact";

const title = signal("Koinon");

function Page() {
  return <h1>{title}</h1>;
}

const root = document.getElementById("root");
if (root !== null) render(<Page />, root);
