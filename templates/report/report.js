"use strict";
// The page is whole without this: links, details and panels work by themselves. Here are filters, sorting,
// sizes, keys, and the lineage of an agent in the graph.
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector, within = document) => within.querySelector(selector);
  const root = document.documentElement;
  root.classList.add("on");

  // --- times, as they are where the page is read ---
  const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  for (const time of all("time[datetime]")) {
    const when = new Date(time.dateTime);
    if (!isNaN(when)) {
      time.title = time.textContent;
      time.textContent = clock.format(when);
    }
  }

  // --- filters ---
  const rows = all("#table tbody tr");
  const find = one("#find");
  const chips = all(".chip");
  const shapes = new Map();
  for (const shape of all(".box, .strip")) {
    const name = shape.dataset.agent;
    shapes.set(name, [...(shapes.get(name) || []), shape]);
  }
  function filter() {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = chips.filter((chip) => chip.ariaPressed === "true").map((chip) => chip.dataset.state);
    let found = 0;
    for (const row of rows) {
      const name = row.dataset.agent.toLowerCase();
      const fits =
        words.every((word) => name.includes(word)) && (!wanted.length || wanted.includes(row.dataset.state));
      row.hidden = !fits;
      found += fits;
      for (const shape of shapes.get(row.dataset.agent) || []) shape.classList.toggle("out", !fits);
    }
    const active = words.length > 0 || wanted.length > 0;
    one("#found").textContent = active ? `${found} of ${rows.length}` : "";
    one("#reset").hidden = !active;
    one("#nothing").hidden = found > 0;
    one("svg.graph").classList.toggle("filtered", active);
  }
  find.addEventListener("input", filter);
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.ariaPressed = String(chip.ariaPressed !== "true");
      filter();
    });
  }
  one("#reset").addEventListener("click", () => {
    find.value = "";
    for (const chip of chips) chip.ariaPressed = "false";
    filter();
    find.focus();
  });
  one("#filters").hidden = false;

  // --- sorting ---
  const value = (cell) => {
    const given = cell.dataset.v ?? cell.textContent.trim();
    return given === "" ? null : isNaN(given) ? given : Number(given);
  };
  function sort(table, column, down) {
    const body = table.tBodies[0];
    const sign = down ? -1 : 1;
    const keyed = [...body.rows].map((row) => [value(row.cells[column]), row]);
    keyed.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      if (typeof a === "number" && typeof b === "number") return sign * (a - b);
      return sign * String(a).localeCompare(String(b), undefined, { numeric: true });
    });
    body.append(...keyed.map(([, row]) => row));
  }
  for (const table of all("table.sortable")) {
    all("thead th", table).forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const first = head.classList.contains("n") && column > 0 ? "descending" : "ascending";
        const other = first === "ascending" ? "descending" : "ascending";
        const order = head.ariaSort === first ? other : first;
        for (const each of all("thead th", table)) each.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", order);
        sort(table, column, order === "descending");
      });
    });
  }

  // --- sizes ---
  const graph = one("svg.graph");
  const box = graph.viewBox.baseVal;
  const LEGIBLE = 0.85;
  const zooms = {
    graph: {
      scale: 1,
      set(scale) {
        this.scale = Math.min(Math.max(scale, 0.05), 4);
        graph.setAttribute("width", box.width * this.scale);
        graph.setAttribute("height", box.height * this.scale);
      },
      fit() {
        const room = graph.parentElement;
        this.set(Math.min(1, (room.clientWidth - 22) / box.width));
      },
      by(factor) {
        const room = graph.parentElement;
        const [x, y] = [room.scrollLeft + room.clientWidth / 2, room.scrollTop + room.clientHeight / 2];
        const before = this.scale;
        this.set(before * factor);
        const change = this.scale / before;
        room.scrollTo(x * change - room.clientWidth / 2, y * change - room.clientHeight / 2);
      },
    },
    timeline: {
      scale: 1,
      set(scale) {
        this.scale = Math.min(Math.max(scale, 1), 200);
        one("svg.timeline").setAttribute("width", `${100 * this.scale}%`);
        this.label();
      },
      // A letter or two of a name say nothing.
      label() {
        const whole = one("#timeline").clientWidth * this.scale;
        const share = (part) => parseFloat(part.getAttribute("width")) / 100;
        for (const strip of all(".strip")) {
          strip.classList.toggle(
            "tiny",
            whole * share(one("svg", strip)) * share(one("svg svg", strip)) < 44,
          );
        }
      },
      fit() {
        this.set(1);
      },
      by(factor) {
        const room = one("#timeline");
        const middle = (room.scrollLeft + room.clientWidth / 2) / this.scale;
        this.set(this.scale * factor);
        room.scrollLeft = middle * this.scale - room.clientWidth / 2;
      },
    },
  };
  for (const group of all(".zoom")) {
    const zoom = zooms[group.dataset.for];
    group.addEventListener("click", (event) => {
      const how = event.target.dataset.zoom;
      if (how === "fit") zoom.fit();
      else if (how) zoom.by(how === "in" ? 1.4 : 1 / 1.4);
    });
  }
  zooms.graph.fit();
  if (zooms.graph.scale < LEGIBLE) zooms.graph.set(LEGIBLE);
  if (one("#timeline")) {
    zooms.timeline.label();
    window.addEventListener("resize", () => zooms.timeline.label());
  }

  // --- lineage: all that an agent needs, and all that needs it ---
  const boxes = all(".box");
  const paths = all(".links path");
  const links = JSON.parse(one("#links").textContent);
  const ways = [new Map(), new Map()];
  links.forEach(([start, end], number) => {
    for (const [way, from] of [
      [ways[0], end],
      [ways[1], start],
    ])
      way.set(from, [...(way.get(from) || []), number]);
  });
  graph.classList.toggle("dense", links.length > 500);
  let lit = [];
  function show(name) {
    for (const shape of lit) shape.classList.remove("lit");
    const start = boxes.findIndex((each) => each.dataset.agent === name);
    graph.classList.toggle("lineage", start >= 0);
    lit = start >= 0 ? [boxes[start]] : [];
    for (const [side, way] of ways.entries()) {
      const waiting = start >= 0 ? [start] : [];
      const seen = new Set(waiting);
      while (waiting.length) {
        for (const number of way.get(waiting.pop()) || []) {
          const point = links[number][side ? 1 : 0];
          lit.push(paths[number]);
          if (!seen.has(point)) {
            seen.add(point);
            waiting.push(point);
            if (boxes[point]) lit.push(boxes[point]);
          }
        }
      }
    }
    for (const shape of lit) shape.classList.add("lit");
  }
  const named = (element) =>
    element && element.closest ? element.closest(".box, .strip, tr[data-agent]") : null;
  let chosen = "";
  for (const [kind, over] of [
    ["pointerover", true],
    ["focusin", true],
    ["pointerout", false],
    ["focusout", false],
  ]) {
    one("#main").addEventListener(kind, (event) => {
      const shape = named(event.target);
      if (shape && !shape.matches("tr")) show(over ? shape.dataset.agent : chosen);
    });
  }

  // --- the panel ---
  let opener = null;
  function opened() {
    const id = decodeURIComponent(location.hash.slice(1));
    const panel = id.startsWith("agent-") ? document.getElementById(id) : null;
    for (const each of all(".chosen")) each.classList.remove("chosen");
    chosen = panel ? id.slice("agent-".length) : "";
    show(chosen);
    if (!panel) return;
    for (const shape of shapes.get(chosen) || []) {
      shape.classList.add("chosen");
      if (shape.matches(".box") && !shape.matches(":focus")) reveal(shape);
    }
    panel.focus({ preventScroll: true });
  }
  function reveal(shape) {
    const room = one("#graph");
    const [inner, outer] = [shape.getBoundingClientRect(), room.getBoundingClientRect()];
    if (inner.left < outer.left || inner.right > outer.right)
      room.scrollLeft += inner.left - outer.left - room.clientWidth / 2;
    if (inner.top < outer.top || inner.bottom > outer.bottom)
      room.scrollTop += inner.top - outer.top - room.clientHeight / 2;
  }
  function close() {
    location.hash = "_";
    if (opener && opener.isConnected) opener.focus({ preventScroll: true });
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest ? event.target.closest("a[href^='#']") : null;
    if (!link) return;
    if (link.matches(".close")) {
      event.preventDefault();
      close();
    } else if (link.closest("main")) opener = link;
  });
  window.addEventListener("hashchange", opened);
  // The panel takes room from the graph when it opens.
  new ResizeObserver(() => all(".box.chosen").forEach(reveal)).observe(one("#graph"));

  // --- keys ---
  const typing = (element) => element.matches("input, textarea, select");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && chosen) close();
    else if (event.key === "/" && !typing(event.target)) {
      event.preventDefault();
      find.focus();
    }
  });
  // One stop for Tab in each picture; from there arrows lead on.
  function arrows(shapes, next) {
    let here = shapes[0];
    for (const shape of shapes) shape.setAttribute("tabindex", shape === here ? "0" : "-1");
    const move = (shape) => {
      if (!shape) return;
      here.setAttribute("tabindex", "-1");
      shape.setAttribute("tabindex", "0");
      here = shape;
    };
    for (const shape of shapes) shape.addEventListener("focus", () => move(shape));
    return (event) => {
      if (!event.key.startsWith("Arrow") || !shapes.includes(event.target)) return;
      event.preventDefault();
      const shape = next(event.target, event.key);
      if (shape) shape.focus();
    };
  }
  const places = new Map(boxes.map((shape) => [shape, shape.transform.baseVal[0].matrix]));
  const nearest = (shapes, y) =>
    shapes.reduce(
      (best, each) =>
        best && Math.abs(places.get(best).f - y) <= Math.abs(places.get(each).f - y) ? best : each,
      null,
    );
  function beside(shape, key) {
    const { e: x, f: y } = places.get(shape);
    const side = key === "ArrowRight" || key === "ArrowDown" ? 1 : -1;
    if (key === "ArrowUp" || key === "ArrowDown") {
      return nearest(
        boxes.filter((each) => places.get(each).e === x && side * (places.get(each).f - y) > 0),
        y,
      );
    }
    const columns = boxes.map((each) => places.get(each).e).filter((each) => side * (each - x) > 0);
    const column = side * Math.min(...columns.map((each) => side * each));
    return nearest(
      boxes.filter((each) => places.get(each).e === column),
      y,
    );
  }
  graph.addEventListener("keydown", arrows(boxes, beside));
  const strips = all(".strip");
  const along = (shape, key) =>
    strips[strips.indexOf(shape) + (key === "ArrowRight" || key === "ArrowDown" ? 1 : -1)];
  const timeline = one("svg.timeline");
  if (timeline) timeline.addEventListener("keydown", arrows(strips, along));

  opened();
})();
