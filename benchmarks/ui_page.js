// What `ui.py` watches inside the page; it is there before the page's own scripts. `window.bench` has the answers.
(() => {
  const bench = { whole: {}, first: {}, long: [], paints: 0 };
  window.bench = bench;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) bench.long.push(entry.duration);
  }).observe({ type: "longtask", buffered: true });

  // Milliseconds since the navigation began, once `found()` is `atLeast` in a frame, and that frame was shown.
  const note = (into, name, found, atLeast) => {
    const look = () => {
      if (document.body === null || found() < atLeast) requestAnimationFrame(look);
      else
        requestAnimationFrame(() => {
          into[name] = performance.now();
        });
    };
    look();
  };
  bench.watch = (name, selector, count) => {
    const many = () => document.querySelectorAll(selector).length;
    note(bench.first, name, many, 1);
    note(bench.whole, name, many, count);
  };
  bench.watchTable = (label, count) => {
    const table = () => document.querySelector(`[role="grid"][aria-label="${label}"]`);
    note(bench.first, label, () => table()?.querySelectorAll("[data-key]").length ?? 0, 10);
    note(bench.whole, label, () => Number(table()?.ariaRowCount ?? 0) - 1, count);
  };

  bench.ready = (name) =>
    new Promise((done) => {
      const look = () => (bench.whole[name] === undefined ? setTimeout(look, 20) : done());
      look();
    });

  // Frames in which something of the page changed, but for ages that tick.
  const isAge = ({ target }) => (target.closest ? target : target.parentElement)?.closest("time");
  let dirty = false;
  bench.watchPaints = () => {
    new MutationObserver((records) => {
      if (dirty || records.every(isAge)) return;
      dirty = true;
      requestAnimationFrame(() => {
        dirty = false;
        bench.paints += 1;
      });
    }).observe(document.documentElement, { subtree: true, childList: true, characterData: true, attributes: true });
  };

  // From the top to the bottom of the page at one pace; milliseconds between frames.
  // Milliseconds of each frame; without a speed, in pixels a second, from the top to the end.
  bench.scroll = (seconds, speed) =>
    new Promise((done) => {
      const frames = [];
      const most = document.documentElement.scrollHeight - window.innerHeight;
      let began, last;
      const step = (now) => {
        began ??= now;
        if (last !== undefined) frames.push(now - last);
        last = now;
        window.scrollTo(0, ((speed ?? most / seconds) * (now - began)) / 1000);
        if (now - began < seconds * 1000) requestAnimationFrame(step);
        else done(frames);
      };
      requestAnimationFrame(step);
    });

  // How long the search takes from a letter to rows that are shown, without the time that typing is waited for.
  bench.search = (text) =>
    new Promise((done) => {
      const query = new URLSearchParams(location.search);
      query.set("search", text);
      const began = performance.now();
      history.replaceState(null, "", `${location.pathname}?${query}`);
      dispatchEvent(new PopStateEvent("popstate"));
      requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
    });

  bench.raw = async (path) => {
    const began = performance.now();
    const text = await (await fetch(path, { cache: "no-store" })).text();
    const got = performance.now();
    JSON.parse(text);
    return { fetched: got - began, parsed: performance.now() - got, bytes: text.length };
  };
})();
