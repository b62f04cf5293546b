/** Where the worker's script is, as a browser that enforces trusted types takes it.
 *
 * The page's policy lets scripts make one trusted type policy, named in koinon_web/http/security.py: this one. It turns
 * nothing but the address that the bundle itself wrote into the page into a script's address.
 */

interface Policy {
  createScriptURL(url: string): string;
}

interface Factory {
  createPolicy(name: string, rules: Policy): Policy;
}

/** The worker's address, or an error where the page names none. */
export function workerUrl(): string {
  const link = document.querySelector<HTMLLinkElement>("link[data-worker]");
  if (link === null) throw new Error("the page names no worker");
  const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes;
  if (factory === undefined) return link.href;
  return factory.createPolicy("koinon", { createScriptURL: onlyAssets }).createScriptURL(link.href);
}

function onlyAssets(url: string): string {
  const wanted = new URL(url, location.href);
  if (wanted.origin !== location.origin || !wanted.pathname.startsWith("/ui/assets/")) {
    throw new TypeError(`${url} is no asset of this page`);
  }
  return wanted.href;
}
