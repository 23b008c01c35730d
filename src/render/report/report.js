// What a page can do that paper cannot: figures at the cursor, zoom, copying. The page is whole without it.
"use strict";
(() => {
  const STEPS = [.1, .2, .5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];
  const MOST_TICKS = 10;
  const WIDTH = 10000; // of the paths' view boxes
  const NEAR = 7; // pixels within which an event is at the cursor
  // What one is worth of each column's whole numbers; the others are KiB.
  const UNITS = { at: 1e-3, cpu: 1e-3, throttled: 1e-3, "memory-some": 1e-2, "memory-full": 1e-2, "cpu-some": 1e-2 };
  const HELP = "Time in the chart: arrow keys read the figures, n and p go to events, plus and minus zoom";

  const round = (value, digits) => String(Number(value.toFixed(digits)));
  const number = (value) => round(value, Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
  const size = (bytes) => {
    const mib = bytes / 1048576;
    if (bytes === 0) return "0";
    if (mib < 1) return `${round(bytes / 1024, 0)} KiB`;
    return mib < 10000 ? `${round(mib, mib < 1000 ? 1 : 0)} MiB` : `${round(mib / 1024, 2)} GiB`;
  };
  const text = (column, value) => {
    if (value === null || value === undefined) return "–";
    if (column === "cpu" || column === "throttled") return `${number(value)} ${value === 1 ? "core" : "cores"}`;
    return column in UNITS ? `${number(value)} %` : size(value);
  };
  const clock = (seconds) => {
    const whole = Math.floor(seconds + 1e-6);
    const parts = whole < 3600 ? [whole / 60, whole % 60] : [whole / 3600, (whole / 60) % 60, whole % 60];
    return parts.map((part, i) => String(Math.floor(part)).padStart(i ? 2 : 1, "0")).join(":");
  };
  const fine = (seconds, tenths = Math.round(seconds * 10)) => `${clock(Math.floor(tenths / 10))}.${tenths % 10}`;
  const element = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };
  const attributes = (made, values) => (Object.entries(values).forEach((pair) => made.setAttribute(...pair)), made);
  // Differences back to figures; null stays null.
  const figures = (column, unit, sum = 0) => column.map((step) => (step === null ? null : (sum += step) * unit));
  const between = (least, value, most) => Math.min(most, Math.max(least, value));

  class Chart {
    constructor(figure) {
      const data = JSON.parse(figure.querySelector("script").textContent);
      Object.assign(this, { figure, length: data.length, shown: data.shown, columns: {} });
      this.events = data.events.sort((a, b) => a[0] - b[0]);
      for (const [name, column] of Object.entries(data.columns)) this.columns[name] = figures(column, UNITS[name] ?? 1024);
      this.at = this.columns.at ?? [];
      if (this.at.length < 2 || this.length <= 0) return;
      this.least = Math.max((8 * this.length) / this.at.length, 0.5); // seconds that the closest zoom shows
      this.addTools();
      this.addHit();
      this.zoom(0, this.length);
      this.show(...this.shown);
    }

    addTools() {
      const button = (textContent, title, onclick) => element("button", { type: "button", title, textContent, onclick });
      this.closer = button("Closer", "Zoom in at the cursor (+)", () => this.zoomBy(0.5));
      this.wider = button("Wider", "Zoom out (-)", () => this.zoomBy(2));
      this.whole = button("Whole", "Show the whole time (0)", () => this.zoom(0, this.length));
      this.figure.querySelector(".readout").append(element("span", { className: "tools" }, this.closer, this.wider, this.whole));
    }

    addHit() {
      this.cursor = element("div", { className: "cursor" });
      this.chosen = element("div", { className: "chosen", hidden: true });
      this.hit = element("div", { className: "hit", tabIndex: 0 }, this.chosen, this.cursor);
      attributes(this.hit, { role: "slider", "aria-label": HELP, "aria-valuemin": 0, "aria-valuemax": round(this.length, 1) });
      this.figure.querySelector(".panels").append(this.hit);
      const on = (name, act) => this.hit.addEventListener(name, act);
      on("pointerdown", (event) => this.press(event));
      on("pointermove", (event) => this.move(event));
      on("pointerup", (event) => this.release(event));
      on("pointercancel", () => this.choose(null));
      on("pointerleave", () => document.activeElement === this.hit || this.show(...this.shown));
      on("dblclick", () => this.zoom(0, this.length));
      on("keydown", (event) => this.key(event));
    }

    timeOf(event) {
      const box = this.hit.getBoundingClientRect();
      return this.from + between(0, (event.clientX - box.left) / box.width, 1) * (this.to - this.from);
    }

    nearest(time) {
      const after = this.at.findIndex((at) => at >= time);
      if (after <= 0) return after === 0 ? 0 : this.at.length - 1;
      return time - this.at[after - 1] < this.at[after] - time ? after - 1 : after;
    }

    press(event) {
      if (event.button !== 0) return;
      this.hit.setPointerCapture(event.pointerId);
      // A finger reads; a mouse or pen that is drawn chooses what to show closer.
      if (event.pointerType !== "touch") this.pressed = { time: this.timeOf(event), x: event.clientX };
      this.move(event);
    }

    move(event) {
      const time = this.timeOf(event);
      this.show(this.nearest(time));
      if (this.pressed) this.choose(this.pressed.time, time);
    }

    release(event) {
      const { pressed } = this;
      this.choose(null);
      if (!pressed || Math.abs(event.clientX - pressed.x) < 6) return;
      const time = this.timeOf(event);
      this.zoom(Math.min(time, pressed.time), Math.max(time, pressed.time));
    }

    choose(from, to) {
      this.chosen.hidden = from === null;
      if (from === null) this.pressed = null;
      this.chosen.style.left = `${100 * this.part(Math.min(from, to))}%`;
      this.chosen.style.width = `${100 * Math.abs(this.part(to) - this.part(from))}%`;
    }

    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const last = this.at.length - 1;
      const one = event.shiftKey ? 10 : 1;
      const tenth = Math.max(1, Math.round(last / 10));
      const steps = {
        ArrowRight: one, ArrowUp: one, ArrowLeft: -one, ArrowDown: -one, PageUp: tenth, PageDown: -tenth,
        Home: -last, End: last,
      };
      const actions = {
        n: () => this.toEvent(this.events.find(([at]) => at > this.eventTime + 1e-6)),
        p: () => this.toEvent(this.events.findLast(([at]) => at < this.eventTime - 1e-6)),
        "+": () => this.zoomBy(0.5), "=": () => this.zoomBy(0.5), "-": () => this.zoomBy(2),
        0: () => this.zoom(0, this.length), Escape: () => this.zoom(0, this.length),
      };
      if (event.key in steps) this.show(between(0, this.index + steps[event.key], last), null, true);
      else if (event.key in actions) actions[event.key]();
      else return;
      event.preventDefault();
    }

    toEvent(event) {
      if (!event) return;
      this.show(this.nearest(event[0]), `${fine(event[0])} ${event[1]}`, true);
      this.eventTime = event[0];
    }

    part(time) { return (time - this.from) / (this.to - this.from); }

    eventsAt(time) {
      const near = (NEAR / this.hit.clientWidth) * (this.to - this.from);
      const found = this.events.filter(([at]) => Math.abs(at - time) <= near).map(([, what]) => what);
      return found.slice(0, 3).join("; ") + (found.length > 3 ? `; and ${found.length - 3} more` : "");
    }

    show(index, what, follow) {
      this.index = index;
      const time = this.eventTime = this.at[index];
      const half = (this.to - this.from) / 2;
      if (follow && (time < this.from || time > this.to)) this.zoom(time - half, time + half);
      const events = what ?? this.eventsAt(time);
      this.figure.querySelector(".when").textContent = fine(time);
      this.figure.querySelector(".what").textContent = events;
      const spoken = [fine(time)];
      for (const place of this.figure.querySelectorAll("[data-column]")) {
        place.textContent = text(place.dataset.column, this.columns[place.dataset.column]?.[index]);
        spoken.push(place.parentNode.textContent.trim());
      }
      if (events) spoken.push(events);
      attributes(this.hit, { "aria-valuenow": round(time, 1), "aria-valuetext": spoken.join(", ") });
      this.placeCursor();
    }

    placeCursor() { this.cursor.style.left = `${100 * this.part(this.at[this.index] ?? 0)}%`; }

    zoomBy(factor) {
      const half = (factor * (this.to - this.from)) / 2;
      this.zoom(this.at[this.index] - half, this.at[this.index] + half);
    }

    zoom(from, to) {
      const width = Math.min(this.length, Math.max(this.least, to - from));
      this.from = between(0, (from + to - width) / 2, this.length - width);
      this.to = this.from + width;
      this.whole.disabled = this.wider.disabled = width >= this.length * 0.999;
      this.closer.disabled = width <= this.least;
      for (const paths of this.figure.querySelectorAll(".paths")) {
        const { height } = paths.viewBox.baseVal;
        attributes(paths, { viewBox: `${(WIDTH * this.from) / this.length} 0 ${(WIDTH * width) / this.length} ${height}` });
      }
      for (const mark of this.figure.querySelectorAll("[data-t]")) this.placeMark(mark);
      this.placeTicks();
      this.placeCursor();
    }

    placeMark(mark) {
      const from = this.part(Number(mark.dataset.t));
      const until = this.part(Number(mark.dataset.u ?? mark.dataset.t));
      const left = Math.max(0, from);
      mark.setAttribute("visibility", until < 0 || from > 1 ? "hidden" : "visible");
      for (const name of mark.tagName === "line" ? ["x1", "x2"] : ["x"]) mark.setAttribute(name, `${100 * left}%`);
      if (mark.dataset.u) mark.setAttribute("width", `${100 * Math.max(0, Math.min(1, until) - left)}%`);
    }

    placeTicks() {
      const span = this.to - this.from;
      const step = STEPS.find((candidate) => span / candidate <= MOST_TICKS) ?? span / 5;
      const ticks = [];
      for (let i = Math.ceil(this.from / step - 1e-9); i * step <= this.to + 1e-9; i++) ticks.push(i * step);
      const made = (tag, tick, more) => attributes(document.createElementNS("http://www.w3.org/2000/svg", tag), more(`${100 * this.part(tick)}%`));
      for (const grid of this.figure.querySelectorAll(".time-grid")) {
        grid.replaceChildren(...ticks.map((tick) => made("line", tick, (x) => ({ x1: x, x2: x, y1: "0", y2: "100%" }))));
      }
      this.figure.querySelector(".xaxis").replaceChildren(...ticks.map((tick, i) => {
        const anchor = this.part(tick) < 0.02 ? "start" : this.part(tick) > 0.96 ? "end" : "middle";
        const label = made("text", tick, (x) => ({ x, y: 15, class: i % 2 ? "odd" : "", "text-anchor": anchor }));
        label.textContent = step < 1 ? fine(tick) : clock(tick);
        return label;
      }));
    }
  }

  const charts = [...document.querySelectorAll(".chart")].map((figure) => new Chart(figure));

  for (const code of document.querySelectorAll(".command code")) {
    const button = element("button", { type: "button", textContent: "Copy", ariaLabel: `Copy: ${code.textContent}` });
    button.addEventListener("click", async () => {
      const copied = await navigator.clipboard?.writeText(code.textContent).then(() => true, () => false);
      if (!copied) getSelection().selectAllChildren(code);
      button.textContent = copied ? "Copied" : "Selected";
    });
    code.after(button);
  }

  // What scrolls sideways must be reachable by keys.
  const reach = () => document.querySelectorAll(".scroll").forEach((box) => {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0; else box.removeAttribute("tabindex");
  });
  reach();
  addEventListener("resize", reach);

  // Paper shows all: whole charts, open folds.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const fold of closed) fold.open = true;
    for (const chart of charts) if (chart.hit) chart.zoom(0, chart.length);
  });
  addEventListener("afterprint", () => closed.forEach((fold) => fold.removeAttribute("open")));
})();
